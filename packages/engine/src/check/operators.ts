import { arrangements } from "./arrangements.js";
import { convolutions } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { normalizations } from "./normalizations.js";
import type { Operator } from "./operator.js";
import { ownOperators } from "./own-operators.js";
import { pooling } from "./pooling.js";
import { reductions } from "./reductions.js";
import { updateOperators } from "./update-operators.js";

/**
 * What the training steps of both tasks use, each small enough to be checked number by number.
 *
 * What stock TensorFlow.js has wrong on every engine is not used, and not here: the list of stock faults in the documentation has it.
 */
export const operators: readonly Operator[] = [
  ...convolutions,
  ...normalizations,
  ...pooling,
  ...elementwise,
  ...reductions,
  ...arrangements,
  ...ownOperators,
  ...updateOperators,
];
