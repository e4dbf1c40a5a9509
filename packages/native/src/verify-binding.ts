import { NativeError } from "./errors.js";
import { runCommand, tellingLine } from "./run-command.js";

/** What the binding said about itself and computed, as the child process reports it. */
interface Report {
  version: string;
  gpu: boolean;
  convolution: number[];
  groupNorm?: number[];
}

/**
 * Runs in a process of its own, because a library that does not fit may end it. A 3D convolution of 1 to 8 with ones and padding: the middle
 * of a 2×2×2 cube sees all eight voxels, so every output is 36. Group norm of 1, 2, 3, 4 in one group: ±1.3416, ±0.4472.
 */
const program = `
const b = require(process.argv[1]);
const tensor = (shape, values) => b.createTensor(shape, b.TF_FLOAT, Float32Array.from(values));
const values = (t) => Array.from(b.tensorDataSync(t.id));
const ints = (name, value) => ({ name, type: b.TF_ATTR_INT, value });
const text = (name, value) => ({ name, type: b.TF_ATTR_STRING, value });
const x = tensor([1, 2, 2, 2, 1], [1, 2, 3, 4, 5, 6, 7, 8]);
const w = tensor([3, 3, 3, 1, 1], new Array(27).fill(1));
const [y] = b.executeOp("Conv3D", [
  { name: "T", type: b.TF_ATTR_TYPE, value: b.TF_FLOAT }, ints("strides", [1, 1, 1, 1, 1]), text("padding", "SAME"),
  text("data_format", "NDHWC"), ints("dilations", [1, 1, 1, 1, 1]),
], [x, w], 1);
// Our operators are for processors: with a GPU every operator is asked to run there.
const [n] = b.isUsingGpuDevice() ? [] : b.executeOp("GleanerGroupNorm", [
  ints("groups", 1), { name: "epsilon", type: b.TF_ATTR_FLOAT, value: 1e-5 }, { name: "relu", type: b.TF_ATTR_BOOL, value: false },
], [tensor([1, 2, 2], [1, 2, 3, 4]), tensor([2], [1, 1]), tensor([2], [0, 0])], 2);
console.log("\\n" + JSON.stringify({ version: b.TF_Version, gpu: b.isUsingGpuDevice(), convolution: values(y), groupNorm: n && values(n) }));
`;

const groupNorm = [-1.3416, -0.4472, 0.4472, 1.3416];

const near = (values: readonly number[], expected: readonly number[]): boolean =>
  values.length === expected.length && values.every((value, i) => Math.abs(value - expected[i]!) < 1e-3);

/**
 * Loads a binding in a child process and checks TensorFlow's version and the numbers of two operators.
 *
 * @returns whether TensorFlow computes on a GPU
 * @throws NativeError `verify-failed` saying what was found instead
 */
export async function verifyBinding(binding: string, tensorflow: string, signal?: AbortSignal): Promise<{ gpu: boolean }> {
  const fail = (what: string): never => {
    throw new NativeError("verify-failed", `The binding was built, but ${what}.`);
  };
  const result = await runCommand(process.execPath, ["-e", program, binding], {
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
    ...(signal ? { signal } : {}),
  });
  if (result.signal === "SIGILL") return fail("this processor lacks instructions (AVX) that TensorFlow was built with");
  if (result.code !== 0) {
    return fail(`it does not load: ${result.signal ? `the process ended with ${result.signal}` : tellingLine(result.stderr)}`);
  }
  const report = JSON.parse(result.stdout.trim().split("\n").at(-1)!) as Report;
  if (report.version !== tensorflow) return fail(`it loads TensorFlow ${report.version} where ${tensorflow} was asked for`);
  if (!near(report.convolution, new Array(8).fill(36))) return fail(`its convolution gives ${report.convolution} where every value is 36`);
  if (!report.gpu && !near(report.groupNorm ?? [], groupNorm))
    return fail(`its group norm gives ${report.groupNorm} where ${groupNorm} is right`);
  return { gpu: report.gpu };
}
