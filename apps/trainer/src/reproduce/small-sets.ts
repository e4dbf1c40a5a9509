import type { MethodName } from "../classification/schema.js";
import { type PlanOptions, runsOf, type Table } from "./plan.js";

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
}

/** 2000 steps of 8 labeled images and, for each, 7 unlabeled ones, with the small network: what two processor cores do in minutes. */
function smallTable({ description, dataPath, dataHint, labels, defaultSeeds, data, flip, evaluation }: SmallSet): Table {
  return {
    description,
    dataPath,
    dataHint,
    methods: all,
    defaultSeeds,
    isSmall: true,
    runs: (options: PlanOptions) => {
      const { labels: labeled = labels, steps = 2000, methods = all, data: path } = options;
      return runsOf(`${labeled} labels`, `${labeled}-labels/`, { ...options, methods }, (method) => ({
        data: { path, ...data, ...(method !== "full" && { labeled }) },
        augmentation: { flip },
        training: { steps, labeledBatch: 8 },
        evaluation,
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
