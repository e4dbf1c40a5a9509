import type { Command } from "./command.js";

/** The subcommands; each is loaded only when it is called, so that `gleaner --help` does not wait for an engine. */
export const commands: Record<string, { description: string; load: () => Promise<Command> }> = {
  demo: {
    description: "Phantoms, supervised training, FocalMix, FROC and a report, on whatever engine is there.",
    load: async () => (await import("./commands/demo.js")).default,
  },
  phantom: {
    description: "Draw chest CTs that never were, as a data set in LUNA16's layout.",
    load: async () => (await import("./commands/phantom.js")).default,
  },
  prepare: {
    description: "Read, orient, resample and cache the scans of a configuration.",
    load: async () => (await import("./commands/prepare.js")).default,
  },
  train: {
    description: "Train a detector or a classifier as a configuration says.",
    load: async () => (await import("./commands/train.js")).default,
  },
  detect: {
    description: "Find lesions in whole scans with a trained run.",
    load: async () => (await import("./commands/detect.js")).default,
  },
  classify: {
    description: "Say which class pictures are of, with a trained run.",
    load: async () => (await import("./commands/classify.js")).default,
  },
  evaluate: {
    description: "Judge a run on its held-out scans or images.",
    load: async () => (await import("./commands/evaluate.js")).default,
  },
  report: {
    description: "One page about one run, or several side by side.",
    load: async () => (await import("./commands/report.js")).default,
  },
  images: {
    description: "What a set of images is; fetch a small real one.",
    load: async () => (await import("./commands/images.js")).default,
  },
  reproduce: {
    description: "Tables of papers and of small real sets, as lists of runs.",
    load: async () => (await import("./commands/reproduce.js")).default,
  },
  backend: {
    description: "Which engine is used and why; pair the native one; test the operators.",
    load: async () => (await import("./commands/backend.js")).default,
  },
  froc: {
    description: "Judge lists of candidates by FROC and CPM, as LUNA16 does.",
    load: async () => (await import("./commands/froc.js")).default,
  },
  inspect: {
    description: "What is at a path: a volume, DICOM series, a data set, a set of images.",
    load: async () => (await import("./commands/inspect.js")).default,
  },
};
