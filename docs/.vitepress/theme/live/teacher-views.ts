import {
  anchorPermutation,
  applyAnchorPermutation,
  inverseSymmetry,
  randomSymmetry,
  type Symmetry,
  transformVolume,
} from "@gleaner/augment";
import { createPyramidDetector, type PyramidDetector } from "@gleaner/detector";
import { sharpenBinary } from "@gleaner/losses";
import { averageViews } from "@gleaner/methods";
import { assignVariables, createRandom, createTensors, decodeCheckpoint, namedVariables } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs-core";
import { patchEdge } from "./scan.js";
import type { TargetsSettings } from "./targets-settings.js";

/** The network of the page's teacher; everything else as in the slim preset. */
const teacherShape = { channels: [8, 16, 24], pyramidChannels: 16 };

/** The detector whose weights `scripts/live-teacher.ts` wrote. */
export function createTeacher(weights: Uint8Array): PyramidDetector {
  const detector = createPyramidDetector(teacherShape);
  const trained = createTensors(decodeCheckpoint(weights).tensors);
  assignVariables(namedVariables(detector.model) as Record<string, tf.Variable>, trained);
  tf.dispose(Object.values(trained));
  return detector;
}

/** The views of a draw, as training draws them; more of them begin with the same ones. */
export function viewsOf({ views, kind, draw }: Pick<TargetsSettings, "views" | "kind" | "draw">): Symmetry[] {
  const random = createRandom(draw);
  return Array.from({ length: views }, () =>
    kind === "none" ? { axes: [0, 1, 2], flips: [false, false, false] } : randomSymmetry(random, { permute: kind === "cube" }),
  );
}

/** A symmetry in words: the axes of the patch in the order in which the view has them, reversed ones with a minus. */
export const symmetryWords = ({ axes, flips }: Symmetry): string => axes.map((axis, i) => `${flips[i] ? "−" : ""}${"zyx"[axis]}`).join(" ");

/** One view of a patch. */
export interface TeacherView {
  symmetry: Symmetry;
  /** The patch as the network sees it. */
  voxels: Float32Array;
  /** Probabilities of the view's anchors, and of the patch's: the same ones turned back. */
  seen: Float32Array;
  turnedBack: Float32Array;
}

export interface TeacherViews {
  views: TeacherView[];
  mean: Float32Array;
  target: Float32Array;
}

/** What a teacher says of a patch; undefined when the question has become stale on the way. */
export type AskTeacher = (
  patch: Float32Array,
  settings: Pick<TargetsSettings, "views" | "kind" | "draw" | "temperature">,
  isStale: () => boolean,
) => Promise<TeacherViews | undefined>;

/** Lets the page answer between two views. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Asks the teacher about patches under views. Its logits are kept for as long as the same array is asked about. */
export function askTeacher({ predict, anchors }: PyramidDetector): AskTeacher {
  const { grid, count } = anchors([patchEdge, patchEdge, patchEdge]);
  let known: { patch: Float32Array; logits: Map<string, Float32Array> } | undefined;

  return async (patch, settings, isStale) => {
    if (known?.patch !== patch) known = { patch, logits: new Map() };
    const { logits } = known;
    const symmetries = viewsOf(settings);
    const voxels = tf.tensor5d(patch, [1, patchEdge, patchEdge, patchEdge, 1]);
    try {
      for (const symmetry of symmetries) {
        if (logits.has(symmetryWords(symmetry))) continue;
        await pause();
        if (isStale()) return undefined;
        const answer = tf.tidy(() => predict(transformVolume(voxels, symmetry)).logits.dataSync<"float32">());
        logits.set(symmetryWords(symmetry), answer);
      }
      const answers = symmetries.map((symmetry) => logits.get(symmetryWords(symmetry))!);
      const views = symmetries.map((symmetry, k) => {
        const seen = (): tf.Tensor2D => tf.sigmoid(tf.tensor2d(answers[k]!, [1, count]));
        const back = anchorPermutation(grid, inverseSymmetry(symmetry));
        return {
          symmetry,
          voxels: tf.tidy(() => transformVolume(voxels, symmetry).dataSync<"float32">()),
          seen: tf.tidy(() => seen().dataSync<"float32">()),
          turnedBack: tf.tidy(() => applyAnchorPermutation(seen(), back).dataSync<"float32">()),
        };
      });
      const { mean, target } = tf.tidy(() => {
        // The network has answered each view; the package averages what it said, in their order.
        let turn = 0;
        const remembered: PyramidDetector["predict"] = ({ shape: [seen] }) => ({
          logits: tf.reshape(tf.concat(answers.slice(turn, (turn += seen)).map((answer) => tf.tensor1d(answer))), [seen, count, 1]),
          deltas: tf.zeros([seen, count, 6]),
        });
        const average = averageViews(remembered, voxels, grid, symmetries);
        return { mean: average.dataSync<"float32">(), target: sharpenBinary(average, settings.temperature).dataSync<"float32">() };
      });
      return { views, mean, target };
    } finally {
      voxels.dispose();
    }
  };
}
