import type { FrocBootstrap, FrocMatches, FrocResult } from "@gleaner/froc";
import type { Reread } from "./reread.js";
import type { StratumResult } from "./strata.js";

/** One evaluated submission. */
export interface Submission extends Reread {
  name: string;
  result: FrocResult;
  matches: FrocMatches;
  bootstrap?: FrocBootstrap;
  strata?: StratumResult[];
}
