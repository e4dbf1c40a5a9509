import { join } from "node:path";
import { type MethodName, methodNames } from "../classification/schema.js";
import { type PlanOptions, runsOf, type Table } from "./plan.js";

interface PaperSet {
  folder: string;
  labels: readonly number[];
  data?: Record<string, unknown>;
  network: Record<string, unknown>;
  weightDecay: number;
  /** Of pixels in 0..255, as the authors' program has them. */
  mean: readonly [number, number, number];
  deviation: readonly [number, number, number];
}

const wideResNet = (depth: number, widen: number, more: Record<string, unknown> = {}) => ({ kind: "wide-resnet", depth, widen, ...more });

/** Zhang et al., FlexMatch, NeurIPS 2021, table 1, with the settings of the authors' program. */
const sets: Record<string, PaperSet> = {
  cifar10: {
    folder: "cifar-10-batches-bin",
    labels: [40, 250, 4000],
    network: wideResNet(28, 2),
    weightDecay: 5e-4,
    mean: [125.3, 123, 113.9],
    deviation: [63, 62.1, 66.7],
  },
  cifar100: {
    folder: "cifar-100-binary",
    labels: [400, 2500, 10000],
    network: wideResNet(28, 8),
    weightDecay: 1e-3,
    mean: [129.3, 124.1, 112.4],
    deviation: [68.2, 65.4, 70.4],
  },
  stl10: {
    folder: "stl10_binary",
    labels: [40, 250, 1000],
    data: { part: "train+unlabeled" },
    network: wideResNet(28, 2, { groups: 4, firstStride: 2 }),
    weightDecay: 5e-4,
    mean: [112.4, 109.1, 98.6],
    deviation: [68.4, 66.6, 68.5],
  },
  svhn: {
    folder: "svhn",
    labels: [40, 1000],
    data: { part: "train+extra" },
    network: wideResNet(28, 2),
    weightDecay: 5e-4,
    mean: [0.438 * 255, 0.444 * 255, 0.473 * 255],
    deviation: [0.1751 * 255, 0.1771 * 255, 0.1744 * 255],
  },
};

const methods: readonly MethodName[] = ["full", "pl", "flex-pl", "uda", "flex-uda", "fixmatch", "flexmatch"];
const cells = Object.entries(sets).flatMap(([name, { labels }]) => labels.map((count) => `${name}-${count}`));
const scaled = (values: readonly number[]): number[] => values.map((value) => value / 255);

export const flexmatchTable1: Table = {
  task: "classification",
  description: "Table 1 of FlexMatch: CIFAR-10, CIFAR-100, STL-10 and SVHN with few labels, 2^20 steps a run; days on a GPU each.",
  dataPath: ".",
  dataHint: `its folder holds ${Object.values(sets)
    .map(({ folder }) => folder)
    .join(", ")}, each as it is published`,
  methods: methodNames,
  defaultMethods: methods,
  cells,
  defaultSeeds: 3,
  isSmall: false,
  takes: ["cells"],
  runs: async (options: PlanOptions) =>
    cells
      .filter((cell) => options.cells?.includes(cell) ?? true)
      .flatMap((cell) => {
        const [name, count] = cell.split("-") as [string, string];
        const { folder, data = {}, network, weightDecay, mean, deviation } = sets[name]!;
        const labeled = Number(count);
        return runsOf(options, (method, seed) => ({
          id: `${cell}/${method}/seed${seed}`,
          cell,
          settings: {
            task: "classification",
            method,
            seed,
            data: { path: join(options.data, folder), ...data, sampling: "replacement", ...(method !== "full" && { labeled }) },
            preprocessing: { mean: scaled(mean), deviation: scaled(deviation) },
            // 4 pixels also for the 96 × 96 of STL-10.
            augmentation: { pad: 4 },
            network: { ...network, normMomentum: 0.999 },
            training: { steps: options.steps ?? 2 ** 20, weightDecay, emaDecay: 0.999 },
            evaluation: { protocol: "paper", every: 5000, everyLate: 1000 },
          },
        }));
      }),
};
