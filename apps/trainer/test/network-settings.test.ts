import "@tensorflow/tfjs";
import { matchAnchors, resnet50Preset, slimPreset } from "@gleaner/detector";
import { expect, test } from "vitest";
import { validateConfig } from "../src/config.js";
import { matchingMethodOf } from "../src/matching-settings.js";
import { createNetwork } from "../src/run/network.js";

const minimal = { method: "supervised", data: { root: "r", labeled: 1 } };
const configWith = (values: object) => validateConfig({ ...minimal, ...values }, "run.yaml");

test.each([
  ["slim", slimPreset],
  ["resnet50", resnet50Preset],
] as const)("the defaults of %s are the preset of the detector, at its spacing of 1.5 mm", (backbone, preset) => {
  const { network } = configWith({ network: { backbone } });
  const { channels, pyramidChannels, groups, headDepth, towers, blocksPerStage, levels } = preset;
  expect(network).toMatchObject({ backbone, channels, pyramidChannels, groups, headDepth, towers });
  expect(network.blocks).toEqual(typeof blocksPerStage === "number" ? channels.map(() => blocksPerStage) : blocksPerStage);
  const inMm = levels.map(({ stride, sizes }) => ({ stride, anchorsMm: sizes.map(([edge]) => Math.round(edge * 1.5 * 1e6) / 1e6) }));
  expect(network.levels).toEqual(inMm);
});

test("a saved configuration of before backbones could be chosen means the same network", () => {
  const before = { channels: [16, 32, 48], pyramidChannels: 32, groups: 4, levels: [{ stride: 4, anchorsMm: [5, 8, 13] }] };
  expect(configWith({ network: before }).network).toEqual(configWith({}).network);
  // What a run saves is read again as it is.
  const saved = JSON.parse(JSON.stringify(configWith({ network: { backbone: "resnet50", channels: [64, 128], groups: 8 } })));
  expect(validateConfig(saved, "config.json")).toEqual(saved);
});

test("stages that are chosen get blocks and levels to fit", () => {
  const { network } = configWith({ network: { backbone: "resnet50", channels: [64, 128], groups: 8 } });
  expect(network.blocks).toEqual([3, 4]);
  expect(network.levels.map(({ stride }) => stride)).toEqual([4, 8]);
  expect(configWith({ network: { channels: [8, 8] } }).network.blocks).toEqual([1, 1]);
});

test("the network is the one that the settings describe: ten blocks, anchors that are no cubes", () => {
  const config = configWith({
    preprocessing: { spacingMm: [2, 1, 1] },
    training: { symmetries: "flips" },
    network: {
      backbone: "resnet50",
      channels: [8, 8, 16, 16],
      blocks: [2, 3, 3, 2],
      pyramidChannels: 4,
      groups: 2,
      headDepth: 2,
      levels: [
        { stride: 4, anchorsMm: [[4, 6, 8], 5] },
        { stride: 8, anchorsMm: [[8, 12, 16], 10] },
      ],
    },
  });
  const { detector, variables, gridOf } = createNetwork(config, 3);
  expect(detector.config).toMatchObject({ block: "bottleneck", blocksPerStage: [2, 3, 3, 2], headDepth: 2, towers: "separate", seed: 3 });
  // 1 + 3 · 10 + 4 convolutions of the backbone, a lateral for each stage, two towers of two, two outputs.
  expect(Object.keys(variables).filter((name) => name.endsWith("kernel"))).toHaveLength(35 + 4 + 4 + 2);
  const [first, second] = gridOf([32, 32, 32]).levels.map(({ anchors }) => anchors);
  expect(first).toEqual([
    [2, 6, 8],
    [2.5, 5, 5],
  ]);
  expect(second).toEqual([
    [4, 12, 16],
    [5, 10, 10],
  ]);
  detector.dispose();
});

test("every setting of matching reaches its method", () => {
  const anchors = [0, 0, 0, 4, 4, 4, 0, 0, 4, 4, 4, 8, 0, 0, 8, 4, 4, 12];
  const grid = { levels: [{ shape: [1, 1, 3] as [number, number, number], anchors: [[4, 4, 4]] as [number, number, number][] }] };
  const box = [0, 0, 1, 4, 4, 5];
  const matches = (matching: object): number[] => {
    const settings = configWith({ matching }).matching;
    const whole = settings.method === "atss" ? { ...settings, method: "atss" as const, grid } : { ...settings, method: settings.method };
    return Array.from(matchAnchors(anchors, box, whole));
  };
  const plain = { center: matches({ method: "center" }), iou: matches({ method: "iou" }), atss: matches({ method: "atss" }) };
  expect(plain).toEqual({ center: [0, -2, -1], iou: [0, -1, -1], atss: [0, -1, -1] });
  const others = {
    positiveRadius: [1.6, [0, 0, -1]],
    minPositiveVoxels: [3.1, [0, 0, -1]],
    ignoredRadius: [4, [0, -2, -2]],
    minIgnoredVoxels: [7.5, [0, -2, -2]],
    ignoredSizes: ["own", [0, -2, -1]],
    high: [0.7, [0, -1, -1]],
    low: [0.1, [0, -2, -1]],
    allowLowQuality: [false, [0, -1, -1]],
    candidates: [1, [0, -1, -1]],
    centerInside: [true, [0, -1, -1]],
  } as const satisfies Record<keyof typeof matchingMethodOf, readonly [unknown, readonly number[]]>;
  for (const [name, [value, expected]] of Object.entries(others) as [keyof typeof others, readonly [unknown, readonly number[]]][]) {
    expect(matches({ method: matchingMethodOf[name], [name]: value }), name).toEqual(expected);
  }
  expect(matches({ method: "iou", high: 0.7, allowLowQuality: false })).toEqual([-2, -1, -1]);
});

test.each([
  [{ network: { backbone: "resnet101" } }, 'network.backbone is "resnet101"; expected slim or resnet50'],
  [{ network: { blocks: [1, 2] } }, "network.blocks is [1,2]; expected 3 numbers, one for each of network.channels"],
  [{ network: { blocks: [0, 1, 1] } }, "network.blocks[0] is 0; expected a whole number from 1 to 100"],
  [
    { network: { backbone: "resnet50", channels: [64, 128] } },
    "network.channels[0] is 64; expected a multiple of 4 times network.groups (128), as a bottleneck has a quarter",
  ],
  [
    { network: { backbone: "resnet50", levels: [{ stride: 2, anchorsMm: [5] }] } },
    "network.levels[0].stride is 2; expected 4 or 8 or 16 or 32, the strides of 4 channels",
  ],
  [
    { network: { backbone: "resnet50" }, training: { patch: 48 } },
    "training.patch is 48; expected a multiple of 32, the network's largest stride",
  ],
  [
    { network: { levels: [{ stride: 4, anchorsMm: [[4, 5]] }] } },
    "network.levels[0].anchorsMm[0] is [4,5]; expected a list of 1 to 16 anchors, each an edge in mm or three for z, y and x",
  ],
  [
    { network: { levels: [{ stride: 4, anchorsMm: [[4, 5, -1]] }] } },
    "network.levels[0].anchorsMm[0][2] is -1; expected a number above 0, up to 1000",
  ],
  [
    { method: "focalmix", network: { levels: [{ stride: 4, anchorsMm: [[4, 8, 8]] }] } },
    'training.symmetries is "cube"; expected flips or none where network.levels has anchors that an exchange of axes takes onto none',
  ],
  [
    { detection: { views: 9 }, network: { levels: [{ stride: 4, anchorsMm: [[4, 8, 8]] }] } },
    "detection.views is 9; expected at most 8, the flips, where voxels or anchors are no cubes",
  ],
  [{ detection: { views: 49 } }, "detection.views is 49; expected a whole number from 1 to 48"],
  [{ detection: { merge: "fusion" } }, 'detection.merge is "fusion"; expected nms or weighted'],
  [{ loss: { box: "iou" } }, 'loss.box is "iou"; expected smooth-l1 or giou'],
  [{ matching: { high: 0.6 } }, "matching.high is 0.6; expected no such setting with matching.method center; it is of iou"],
  [
    { matching: { method: "iou", candidates: 9 } },
    "matching.candidates is 9; expected no such setting with matching.method iou; it is of atss",
  ],
  [{ matching: { method: "iou", high: 0.3 } }, "matching.high is 0.3; expected low (0.4) not above high (0.3)"],
  [{ matching: { method: "iou", low: 0.6 } }, "matching.low is 0.6; expected low (0.6) not above high (0.5)"],
  [{ matching: { method: "atss", candidates: 0 } }, "matching.candidates is 0; expected a whole number from 1 to 1000"],
])("what does not fit is named: %j", (values, sentence) => {
  expect(() => configWith(values)).toThrow(`run.yaml: ${sentence}`);
});

test("what turns onto itself may be turned", () => {
  const orders = [
    [4, 8, 8],
    [8, 4, 8],
    [8, 8, 4],
  ];
  const config = configWith({
    method: "focalmix",
    detection: { views: 48 },
    network: { levels: [{ stride: 4, anchorsMm: [...orders, 5] }] },
  });
  expect(config.training.symmetries).toBe("cube");
});
