import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Inputs, type KernelBackend, largestVector, type Repair, sizeOf, view } from "./kernel.js";

/** One pass over some adjacent axes of a tensor seen as [outer, ...those axes, inner]; `axes` says which they are in the tensor. */
type Pass = (seen: TensorInfo, axes: number[]) => TensorInfo;

/** Two axes and what is around them are all that a shader can index. */
const atOnce = largestVector - 2;

/** Neighbors together, `most` at a time. */
function adjacent(axes: number[], most: number): number[][] {
  const groups: number[][] = [];
  for (const axis of axes.toSorted((a, b) => a - b)) {
    const last = groups.at(-1);
    if (last && last.length < most && last.at(-1) === axis - 1) last.push(axis);
    else groups.push([axis]);
  }
  return groups;
}

/** Runs an operator that treats each axis by itself, a few axes after the others. */
function inPasses(x: TensorInfo, axes: number[], backend: KernelBackend, pass: Pass, most: number = atOnce): TensorInfo {
  let [current, shape] = [x, x.shape];
  for (const group of adjacent(axes.length > 0 ? axes : [0], most)) {
    const [from, to] = [group[0]!, group.at(-1)! + 1];
    const seen = view(current, [sizeOf(shape.slice(0, from)), ...shape.slice(from, to), sizeOf(shape.slice(to))]);
    const result = pass(seen, group);
    shape = [...shape.slice(0, from), ...result.shape.slice(1, -1), ...shape.slice(to)];
    if (current !== x) backend.disposeData(current.dataId);
    current = result;
  }
  return view(current, shape);
}

const onlyOf = ({ x }: Inputs): TensorInfo => x!;

/** Padding, with a constant or by reflection, at rank 5 and more, where the stock shader does not compile. */
export const padding: Repair = (stock, inputs, attributes, backend) => {
  const x = onlyOf(inputs);
  if (x.shape.length <= largestVector) return stock(inputs, attributes);
  const { paddings } = attributes as { paddings: [number, number][] };
  const padded = x.shape.flatMap((_, axis) => (paddings[axis]!.some((count) => count > 0) ? [axis] : []));
  const none: [number, number] = [0, 0];
  return inPasses(x, padded, backend, (seen, axes) =>
    stock({ x: seen }, { ...attributes, paddings: [none, ...axes.map((axis) => paddings[axis]!), none] }),
  );
};

/** Reversal at rank 5 and more, which the stock kernel takes for rank 4. */
export const reversal: Repair = (stock, inputs, attributes, backend) => {
  const x = onlyOf(inputs);
  const rank = x.shape.length;
  if (rank <= largestVector) return stock(inputs, attributes);
  const { dims } = attributes as { dims: number | number[] };
  const axes = [dims].flat().map((axis) => (axis < 0 ? axis + rank : axis));
  return inPasses(x, axes, backend, (seen, group) => stock({ x: seen }, { ...attributes, dims: group.map((_, i) => 1 + i) }));
};

/**
 * Running sums and products at rank 5 and more, which the stock kernel refuses, and from the end at every rank.
 *
 * From the end the stock shader has the length of the axis in its text but not in the key that it is cached under, so that the second length is
 * computed with the first one. Here the axis is turned round before and after.
 */
export const cumulation: Repair = (stock, inputs, attributes, backend) => {
  const x = onlyOf(inputs);
  const rank = x.shape.length;
  const { axis, reverse } = attributes as { axis: number; reverse: boolean };
  if (rank === 0 || (rank <= largestVector && !reverse)) return stock(inputs, attributes);
  const forward = { ...attributes, axis: 1, reverse: false };
  const pass: Pass = (seen) => {
    if (!reverse) return stock({ x: seen }, forward);
    const turned = turnRound(seen, backend);
    const result = stock({ x: turned }, forward);
    const back = turnRound(result, backend);
    for (const { dataId } of [turned, result]) backend.disposeData(dataId);
    return back;
  };
  return inPasses(x, [axis < 0 ? axis + rank : axis], backend, pass);
};

const turnRound = (x: TensorInfo, backend: KernelBackend): TensorInfo =>
  tf.getKernel(tf.Reverse, "webgpu").kernelFunc({ inputs: { x }, backend, attrs: { dims: [1] } }) as TensorInfo;
