import * as tf from "@tensorflow/tfjs-core";
import { binary, type Operator, unary, valueOnly } from "./operator.js";

const flat = [3, 5];
const positive = { domain: "positive" } as const;
const bool = (x: tf.Tensor): tf.Tensor => tf.cast(x, "float32");

/** What is done number by number, broadcast where it occurs. */
export const elementwise: Operator[] = [
  unary("relu", flat, tf.relu),
  unary("leakyRelu", flat, (x) => tf.leakyRelu(x, 0.1)),
  unary("step", flat, (x) => tf.step(x, 0.1), valueOnly),
  unary("sigmoid", flat, tf.sigmoid),
  unary("sigmoid of −100 to 100", flat, (x) => tf.sigmoid(tf.mul(x, 100))),
  unary("tanh", flat, tf.tanh),
  unary("softplus", flat, tf.softplus),
  unary("softplus of −100 to 100", flat, (x) => tf.softplus(tf.mul(x, 100))),
  unary("exp", flat, tf.exp),
  unary("log", flat, tf.log, positive),
  unary("log1p", flat, tf.log1p, positive),
  unary("sqrt", flat, tf.sqrt, positive),
  unary("rsqrt", flat, tf.rsqrt, positive),
  unary("square", flat, tf.square),
  unary("abs", flat, tf.abs),
  unary("neg", flat, tf.neg),
  unary("clipByValue", flat, (x) => tf.clipByValue(x, -0.3, 0.4)),
  binary("add, broadcast", [2, 3, 4], [4], tf.add),
  binary("add of a bias, rank 5", [2, 2, 1, 3, 4], [4], tf.add),
  binary("sub, broadcast", [2, 3, 4], [3, 1], tf.sub),
  binary("mul, broadcast", [2, 3, 4], [2, 1, 4], tf.mul),
  binary("mul, both broadcast", [2, 1, 4], [3, 1], tf.mul),
  binary("mul by a scalar", [2, 3, 4], [], tf.mul),
  binary("div, broadcast", [2, 3, 4], [4], tf.div, positive),
  binary("divNoNan", flat, flat, (a, b) => tf.divNoNan(a, tf.relu(b)), valueOnly),
  binary("pow", [2, 3], [2, 3], tf.pow, positive),
  unary("pow by a scalar", flat, (x) => tf.pow(x, 2.5), positive),
  binary("maximum", [3, 4], [3, 4], tf.maximum),
  binary("minimum", [3, 4], [3, 4], tf.minimum),
  binary("maximum, broadcast", [3, 4], [4], tf.maximum, valueOnly),
  binary("minimum, broadcast", [3, 4], [3, 1], tf.minimum, valueOnly),
  binary("where", [2, 3], [2, 3], (a, b) => tf.where(tf.tensor2d([1, 0, 0, 1, 1, 0], [2, 3], "bool"), a, b)),
  unary("comparison and cast", [3, 4], (x) => bool(tf.logicalAnd(tf.greater(x, -0.5), tf.lessEqual(x, 0.5))), valueOnly),
  unary("equal, of whole numbers", [3, 4], (x) => bool(tf.equal(tf.floor(tf.mul(x, 2)), 0)), valueOnly),
  unary("zeros and ones", flat, (x) => tf.add(tf.mul(x, tf.ones(flat)), tf.zeros(flat)), valueOnly),
];
