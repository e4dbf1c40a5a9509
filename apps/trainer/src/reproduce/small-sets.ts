import { type MethodName, methodNames } from "../classification/schema.js";
import { type PlanOptions, runsOf, type Table, type TableOption } from "./plan.js";

const all: readonly MethodName[] = ["full", "supervised", "pl", "flex-pl", "uda", "flex-uda", "fixmatch", "flexmatch"];

interface SmallSet {
  description: string;
  dataPath: string;
  dataHint: string;
  labels: number;
  defaultSeeds: number;
  data: Record<string, unknown>;
  flip: boolean;
  evaluation: Record<string, unknown>;
  takes?: readonly TableOption[];
}

/** 2000 steps of 8 labeled images and, for each, 7 unlabeled ones, with the small network: what two processor cores do in minutes. */
function smallTable({ description, dataPath, dataHint, labels, defaultSeeds, data, flip, evaluation, takes = [] }: SmallSet): Table {
  return {
    task: "classification",
    description,
    dataPath,
    dataHint,
    methods: methodNames,
    defaultMethods: all,
    defaultSeeds,
    isSmall: true,
    takes: ["labels", ...takes],
    runs: async (options: PlanOptions) => {
      const { labels: labeled = labels, steps = 2000, data: path } = options;
      return runsOf(options, (method, seed) => ({
        id: `${labeled}-labels/${method}/seed${seed}`,
        cell: `${labeled} labels`,
        settings: {
          task: "classification",
          method,
          seed,
          data: { path, ...data, ...(method !== "full" && { labeled }) },
          augmentation: { flip },
          training: { steps, labeledBatch: 8 },
          evaluation,
        },
      }));
    },
  };
}

export const digits: Table = smallTable({
  description: "UCI's 8 × 8 digits: 1297 to learn from, 500 that judge, both drawn by the seed; by default 10 labels.",
  dataPath: "digits/digits.csv.gz",
  dataHint: "--fetch gets them through your pip",
  labels: 10,
  defaultSeeds: 5,
  data: { test: 500 },
  flip: false,
  evaluation: { protocol: "paper", every: 25 },
  takes: ["fetch"],
});

export const mnist: Table = smallTable({
  description:
    "The 10,000 images of MNIST's test files: 8000 to learn from, 2000 that judge, both drawn by the seed; by default 40 labels.",
  dataPath: "mnist",
  dataHint: "its folder holds t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz",
  labels: 40,
  defaultSeeds: 3,
  data: { part: "test", test: 2000 },
  flip: false,
  evaluation: { protocol: "paper", every: 100 },
});

export const pneumonia: Table = smallTable({
  description:
    "PneumoniaMNIST, chest X-rays of children, two classes, nine of ten to learn from with pneumonia: its own parts for learning, choosing and judging; by default 20 labels.",
  dataPath: "medmnist_pneumonia/pneumoniamnist.npz",
  dataHint: "it is part of MedMNIST",
  labels: 20,
  defaultSeeds: 3,
  data: { validation: "val" },
  flip: true,
  evaluation: { protocol: "validation", every: 100 },
});
