import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { type Kernel, kernel } from "./kernel.js";

/** Picks slices along one axis; leading `batchDims` axes of x and indices go together. The stock kernel is wrong for batchDims > 0. */
const gather = kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims?: number }>(
  (heap, { x, indices }, { axis, batchDims = 0 }) => {
    const along = axis < 0 ? axis + x.shape.length : axis;
    type Arguments = Parameters<typeof backend_util.segment_util.collectGatherOpShapeInfo>;
    // It reads the shapes of the two tensors, nothing else.
    const shapes = [x, indices] as unknown as [Arguments[0], Arguments[1]];
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } = backend_util.segment_util.collectGatherOpShapeInfo(
      ...shapes,
      along,
      batchDims,
    );
    for (const pick of heap.values(indices)) {
      if (!(pick >= 0 && pick < dimSize))
        throw new RangeError(`Gather got the index ${pick}, expected 0 to ${dimSize - 1} along axis ${along}.`);
    }
    const output = heap.output(outputShape, x.dtype);
    const [from, picks, to] = [heap.values(x), heap.values(indices), heap.values(output)];
    const perBatch = picks.length / batchSize;
    let next = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        for (let i = 0; i < perBatch; i++, next += sliceSize) {
          const pick = picks[batch * perBatch + i]!;
          if (!(pick >= 0 && pick < dimSize))
            throw new RangeError(`Gather got the index ${pick}, expected 0 to ${dimSize - 1} along axis ${along}.`);
          const start = ((batch * outerSize + outer) * dimSize + pick) * sliceSize;
          if (sliceSize === 1) to[next] = from[start]!;
          else to.set(from.subarray(start, start + sliceSize), next);
        }
      }
    }
    return output;
  },
);

/** Sums slices of x that have the same segment; a segment outside 0 to numSegments − 1 is dropped. The gradient of gather. */
const unsortedSegmentSum = kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
  (heap, { x, segmentIds }, { numSegments }) => {
    const sliceShape = x.shape.slice(segmentIds.shape.length);
    const sliceSize = sliceShape.reduce((a, b) => a * b, 1);
    const output = heap.output([numSegments, ...sliceShape], x.dtype);
    const [from, segments, to] = [heap.values(x), heap.values(segmentIds), heap.values(output)];
    to.fill(0);
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      if (!(segment >= 0 && segment < numSegments)) continue;
      for (let j = 0; j < sliceSize; j++) to[segment * sliceSize + j]! += from[i * sliceSize + j]!;
    }
    return output;
  },
);

/** Gather and its gradient, by the names of tfjs-core's kernels. */
export const gatherKernels: Record<string, Kernel> = { GatherV2: gather, UnsortedSegmentSum: unsortedSegmentSum };
