import type { AnchorGrid } from "@gleaner/augment";
import { type AnchorSet, createPyramidDetector, type PyramidDetector } from "@gleaner/detector";
import { namedVariables } from "@gleaner/training";
import type * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { edgesOf } from "../network-settings.js";
import { spacingOf } from "./prepare-volume.js";

/** The detector that a configuration describes, with its variables by name. */
export interface Network {
  detector: PyramidDetector;
  variables: Record<string, tf.Variable>;
  anchorsOf(shape: [number, number, number]): AnchorSet;
  gridOf(shape: [number, number, number]): AnchorGrid;
}

export function createNetwork(config: Config, seed: number): Network {
  const spacing = spacingOf(config.preprocessing);
  const { backbone, channels, blocks, pyramidChannels, groups, headDepth, towers, levels } = config.network;
  const detector = createPyramidDetector({
    block: backbone === "resnet50" ? "bottleneck" : "basic",
    channels,
    blocksPerStage: blocks,
    pyramidChannels,
    groups,
    headDepth,
    towers,
    levels: levels.map(({ stride, anchorsMm }) => ({
      stride,
      sizes: anchorsMm.map((anchor) => edgesOf(anchor).map((mm, axis) => mm / spacing[axis]!) as [number, number, number]),
    })),
    seed,
  });
  // A training asks for the anchors of its patches at every step.
  let last: { of: string; anchors: AnchorSet } | undefined;
  const anchorsOf = (shape: [number, number, number]): AnchorSet => {
    if (last?.of !== shape.join()) last = { of: shape.join(), anchors: detector.anchors(shape) };
    return last.anchors;
  };
  return {
    detector,
    variables: namedVariables(detector.model) as Record<string, tf.Variable>,
    anchorsOf,
    gridOf: (shape) => anchorsOf(shape).grid,
  };
}
