import { detectionMethodNames, idOfRow, settingsOfRow } from "./detection-methods.js";
import { type PlannedRun, type PlanOptions, runsOf, type Table } from "./plan.js";

/** LUNA16's ten folds, six to learn from (534 scans), two to choose settings by and two that judge. The paper's split is not known to us. */
const held = { validation: ["subset6", "subset7"], test: ["subset8", "subset9"] };
const steps = 20_000;

/**
 * What the paper says: a 3D feature pyramid, patches of 160³ voxels, 8 labeled and 8 unlabeled ones a step, K = 4, MixUp of images and objects, γ = 2.
 * The rest is ours: the ResNet-50 below the pyramid, voxels of 1 mm, the steps, and the defaults of `gleaner train`.
 */
const settings = {
  preprocessing: { spacingMm: 1, lungMask: true },
  network: { backbone: "resnet50" },
  training: { patch: 160, labeledBatch: 8, unlabeledBatch: 8, emaDecay: 0.999 },
  focalmix: { views: 4, mixUp: "image+object" },
  detection: { patch: 160 },
};

/**
 * Counted, since no run was timed: Conv3D and its matrix products for a patch are 1.1 · 10¹² multiply-adds forward, three times that with the
 * gradient; of a step of FocalMix 16 patches are trained on and 8 · K seen by the teacher, in the first 30 % of the steps 8 trained on.
 */
const cost = `not timed on any GPU; ${steps} steps of 16 patches of 160³ voxels. By counting, a run of FocalMix is 2.8 · 10^18 floating-point operations (8 hours at a sustained 100 TFLOP/s), a supervised one 1.1 · 10^18, and the results of all layers for the 16 patches of a step are 50 GB in 32 bits; a smaller training.patch or network.backbone slim take less`;

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A column of a table. */
interface Cell {
  name: string;
  labeled: number;
  unlabeled: number;
  /** The rows that it may have. */
  rows: readonly string[];
  /** What the paper has for them, in percent; null where it says that training diverged. */
  paper: Readonly<Record<string, number | null>>;
  /** In what the column differs from the table. */
  settings?: Settings;
}

// How many supervised steps take FocalMix's time was measured for phantoms only.
const table2Rows = detectionMethodNames.filter((name) => name !== "supervised-equal-time");
const table2Cell = (labeled: number, supervised: number, focalmix: number): Cell => ({
  name: `${labeled}-labeled`,
  labeled,
  unlabeled: 400,
  rows: table2Rows,
  paper: { supervised, focalmix },
});

/** An ablation with 100 labeled scans; the supervised row is in every one, to be compared with. */
function table3Cell(name: string, paper: Cell["paper"], { unlabeled = 400, rows = Object.keys(paper), settings = {} } = {}): Cell {
  return { name, labeled: 100, unlabeled, rows: ["supervised", ...rows], paper: { supervised: 82.8, ...paper }, settings };
}

/** Wang et al., FocalMix, CVPR 2020, table 2. */
const table2 = [table2Cell(25, 66.6, 78.1), table2Cell(50, 75.4, 82), table2Cell(100, 82.8, 87.2)];

/** Its ablations. Of fewer unlabeled scans it shows a curve, of which we have no numbers. */
const table3 = [
  table3Cell(
    "loss",
    { "focalmix-hard-alpha-beta": null, "focalmix-hard-alpha": 84.4, "focalmix-hard-beta": 83.7, "focalmix-no-mixup": 85.2 },
    { settings: { focalmix: { mixUp: "none" } } },
  ),
  table3Cell("views", { "focalmix-k1": 85.9, "focalmix-k2": 86.3, "focalmix-k4": 87.2, "focalmix-k8": 87.1 }),
  table3Cell("mixup", { "focalmix-no-mixup": 85.2, "focalmix-image-mixup": 86.7, "focalmix-object-mixup": 87.2 }),
  ...[100, 200, 300].map((unlabeled) => table3Cell(`${unlabeled}-unlabeled`, {}, { unlabeled, rows: ["focalmix"] })),
  table3Cell("400-unlabeled", { focalmix: 87.2 }),
];

function focalMixTable(description: string, cells: readonly Cell[], defaultMethods?: readonly string[]): Table {
  const methods = [...new Set(cells.flatMap(({ rows }) => rows))];
  return {
    task: "detection",
    description,
    dataPath: "luna16",
    dataHint: "its folder holds subset0 to subset9, annotations.csv and annotations_excluded.csv, as LUNA16 publishes them",
    methods,
    defaultMethods: defaultMethods ?? methods,
    defaultSeeds: 3,
    isSmall: false,
    cost,
    takes: ["cells", "part"],
    cells: cells.map(({ name }) => name),
    runs: async (options) => cells.filter(({ name }) => options.cells?.includes(name) ?? true).flatMap((cell) => runsOfCell(cell, options)),
  };
}

function runsOfCell({ name, labeled, unlabeled, rows, paper, settings: own = {} }: Cell, options: PlanOptions): PlannedRun[] {
  const groups = new Set([...Object.keys(settings), ...Object.keys(own)]);
  const merged: Settings = Object.fromEntries([...groups].map((group) => [group, { ...(settings as Settings)[group], ...own[group] }]));
  return runsOf({ ...options, methods: options.methods.filter((method) => rows.includes(method)) }, (method, seed) => {
    const percent = paper[method];
    return {
      id: idOfRow(method, seed, labeled, unlabeled),
      cell: name,
      settings: settingsOfRow(method, {
        seed,
        scans: { labeled, unlabeled },
        data: { root: options.data, ...held, splitSeed: seed },
        steps: options.steps ?? steps,
        settings: merged,
      }),
      ...(percent !== undefined && { paper: { cpm: percent === null ? null : percent / 100 } }),
    };
  });
}

export const focalmixTable2: Table = focalMixTable(
  "Table 2 of FocalMix: LUNA16 with 25, 50 and 100 labeled scans and 400 unlabeled ones, beside the paper's CPM.",
  table2,
  ["supervised", "focalmix"],
);

export const focalmixTable3: Table = focalMixTable(
  "FocalMix's ablations on LUNA16 with 100 labeled scans: the loss, the views, MixUp, and 100 to 400 unlabeled scans, beside the paper's CPM.",
  table3,
);
