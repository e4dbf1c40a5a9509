import type { AnchorGrid } from "@gleaner/augment";
import { type AnchorSet, createPyramidDetector, type PyramidDetector } from "@gleaner/detector";
import { namedVariables } from "@gleaner/training";
import type * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
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
  const { channels, pyramidChannels, groups, levels } = config.network;
  const detector = createPyramidDetector({
    channels,
    pyramidChannels,
    groups,
    levels: levels.map(({ stride, anchorsMm }) => ({
      stride,
      sizes: anchorsMm.map((edge) => spacing.map((mm) => edge / mm) as [number, number, number]),
    })),
    seed,
  });
  return {
    detector,
    variables: namedVariables(detector.model) as Record<string, tf.Variable>,
    anchorsOf: (shape) => detector.anchors(shape),
    gridOf: (shape) => detector.anchors(shape).grid,
  };
}
