// The operators over lists of @gleaner/native in plain JavaScript, for the "cpu" backend: what they are asked and what they answer, so that a test
// needs no native engine.
import * as tf from "@tensorflow/tfjs";

type Columns = Float32Array[][];

/** Registers a kernel whose inputs are `head` and then `lists` lists of `count` tensors; `f` fills the outputs, given as lists too. */
function register(
  name: string,
  outputs: (lists: number) => number,
  f: (head: Float32Array, lists: Columns, results: Columns) => void,
): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "cpu",
    kernelFunc: ({ inputs, attrs }) => {
      const [head, ...rest] = Object.values(inputs) as tf.Tensor[];
      const count = attrs!["count"] as number;
      calls.push({ name, count });
      const lists = Array.from({ length: rest.length / count }, (_, k) => rest.slice(k * count, (k + 1) * count));
      const data = lists.map((list) => list.map((t) => t.dataSync<"float32">()));
      const results = Array.from({ length: outputs(lists.length) }, () => data[0]!.map((column) => new Float32Array(column.length)));
      f(head!.dataSync<"float32">(), data, results);
      return results.flatMap((list) => list.map((values, i) => tf.tensor(values, lists[0]![i]!.shape)));
    },
  });
}

/** What was asked since the registration. */
export const calls: { name: string; count: number }[] = [];

const each = (list: Float32Array[], f: (i: number, k: number) => void): void =>
  list.forEach((column, i) => {
    for (let k = 0; k < column.length; k++) f(i, k);
  });

export function registerListKernels(): void {
  calls.length = 0;
  register(
    "GleanerAdamWUpdate",
    () => 3,
    ([toMean, toSquare, shift, rate, ...kept], [w, g, m, s], [nextW, nextM, nextS]) =>
      each(w!, (i, k) => {
        const mean = m![i]![k]! + (g![i]![k]! - m![i]![k]!) * toMean!;
        const square = s![i]![k]! + (g![i]![k]! ** 2 - s![i]![k]!) * toSquare!;
        nextM![i]![k] = mean;
        nextS![i]![k] = square;
        nextW![i]![k] = w![i]![k]! * kept[i]! - (mean / (Math.sqrt(square) + shift!)) * rate!;
      }),
  );
  register(
    "GleanerSgdUpdate",
    (lists) => lists - 1,
    ([rate, mu, nesterov, ...decay], [w, g, v], [nextW, nextV]) =>
      each(w!, (i, k) => {
        const slope = g![i]![k]! + decay[i]! * w![i]![k]!;
        const velocity = v ? mu! * v[i]![k]! + slope : slope;
        if (nextV) nextV[i]![k] = velocity;
        nextW![i]![k] = w![i]![k]! - rate! * (nesterov ? slope + mu! * velocity : velocity);
      }),
  );
  register(
    "GleanerEmaUpdate",
    () => 1,
    ([toward], [w, a], [next]) => each(w!, (i, k) => void (next![i]![k] = a![i]![k]! + (w![i]![k]! - a![i]![k]!) * toward!)),
  );
  tf.registerKernel({
    kernelName: "GleanerClipByGlobalNorm",
    backendName: "cpu",
    kernelFunc: ({ inputs, attrs }) => {
      const [limit, ...gradients] = Object.values(inputs) as tf.Tensor[];
      calls.push({ name: "GleanerClipByGlobalNorm", count: attrs!["count"] as number });
      const columns = gradients.map((t) => t.dataSync<"float32">());
      const norm = Math.sqrt(columns.flatMap((column) => Array.from(column)).reduce((sum, x) => sum + x * x, 0));
      const [most] = limit!.dataSync<"float32">();
      const factor = norm <= most! ? 1 : most! / norm;
      return [
        tf.scalar(norm),
        ...columns.map((column, i) =>
          tf.tensor(
            column.map((x) => x * factor),
            gradients[i]!.shape,
          ),
        ),
      ];
    },
  });
}

const names = ["GleanerAdamWUpdate", "GleanerSgdUpdate", "GleanerEmaUpdate", "GleanerClipByGlobalNorm"];

export function unregisterListKernels(): void {
  for (const name of names) if (tf.getKernel(name, "cpu")) tf.unregisterKernel(name, "cpu");
}
