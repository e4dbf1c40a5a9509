import { z } from "zod";
import { oneOf, positive, section, whole } from "./setting-types.js";

const edges = "a list of 1 to 16 anchors, each an edge in mm or three for z, y and x";
const levels = "a list of 1 to 8 levels, each with stride and anchorsMm";
const widths = "a list of 2 to 8 numbers of channels";
const depths = "a list of 2 to 8 numbers of blocks, each from 1 to 100";
const edge = positive(1000);
const anchor = z.union([edge, z.tuple([edge, edge, edge], { error: edges })], { error: edges });

const given = section({
  backbone: oneOf("slim", "resnet50")
    .default("slim")
    .describe(
      "slim: a stage a stride from 2 on, for processors; resnet50: bottlenecks at strides 4, 8, 16 and 32, as RetinaNet has them, for a GPU. It sets the defaults of the others.",
    ),
  channels: z
    .array(whole(1, 4096), { error: widths })
    .min(2, { error: widths })
    .max(8, { error: widths })
    .optional()
    .describe("Channels of the stages. By default [16, 32, 48], or [256, 512, 1024, 2048] of resnet50."),
  blocks: z
    .array(whole(1, 100), { error: depths })
    .min(2, { error: depths })
    .max(8, { error: depths })
    .optional()
    .describe("Residual blocks of each stage. By default 1 each, or [3, 4, 6, 3] of resnet50."),
  pyramidChannels: whole(1, 4096).optional().describe("Channels of the top-down path and of the heads. By default 32, or 256 of resnet50."),
  groups: whole(1, 4096).optional().describe("Groups of every group norm. By default 4, or 32 of resnet50."),
  headDepth: whole(1, 16).optional().describe("Convolutions of a head, shared by all levels. By default 1, or 4 of resnet50."),
  towers: oneOf("shared", "separate")
    .optional()
    .describe("Whether classification and boxes share these convolutions. By default they do, but not with resnet50."),
  levels: z
    .array(
      section({ stride: whole(2, 256), anchorsMm: z.array(anchor, { error: edges }).min(1, { error: edges }).max(16, { error: edges }) }),
      {
        error: levels,
      },
    )
    .min(1, { error: levels })
    .max(8, { error: levels })
    .optional()
    .describe(
      "Levels with a head: their stride in voxels, and their anchors in mm, each the edge of a cube or [z, y, x]. By default stride 4 with 5, 8 and 13; of resnet50 strides 4, 8 and 16 with 5, 6.3 and 8 and their doubles.",
    ),
});

/** The settings of a network with every default filled in. */
export type NetworkSettings = { [K in keyof z.output<typeof given>]-?: NonNullable<z.output<typeof given>[K]> };

const presets: Record<NetworkSettings["backbone"], Omit<NetworkSettings, "backbone">> = {
  slim: {
    channels: [16, 32, 48],
    blocks: [1],
    pyramidChannels: 32,
    groups: 4,
    headDepth: 1,
    towers: "shared",
    levels: [{ stride: 4, anchorsMm: [5, 8, 13] }],
  },
  resnet50: {
    channels: [256, 512, 1024, 2048],
    blocks: [3, 4, 6, 3],
    pyramidChannels: 256,
    groups: 32,
    headDepth: 4,
    towers: "separate",
    levels: [
      { stride: 4, anchorsMm: [5, 6.3, 8] },
      { stride: 8, anchorsMm: [10, 12.6, 16] },
      { stride: 16, anchorsMm: [20, 25.2, 32] },
    ],
  },
};

/** The stride of each stage. */
export const strideList = ({ backbone, channels }: Pick<NetworkSettings, "backbone" | "channels">): number[] =>
  channels.map((_, i) => 2 ** (i + (backbone === "resnet50" ? 2 : 1)));

/** Fills in the defaults that hang on the backbone and on the number of its stages. */
function withPreset(settings: z.output<typeof given>): NetworkSettings {
  const preset = presets[settings.backbone];
  const channels = settings.channels ?? preset.channels;
  const strides = strideList({ backbone: settings.backbone, channels });
  const blocks = settings.blocks ?? channels.map((_, i) => preset.blocks[Math.min(i, preset.blocks.length - 1)]!);
  const { pyramidChannels, groups, headDepth, towers, levels: list } = settings;
  return {
    backbone: settings.backbone,
    channels,
    blocks,
    pyramidChannels: pyramidChannels ?? preset.pyramidChannels,
    groups: groups ?? preset.groups,
    headDepth: headDepth ?? preset.headDepth,
    towers: towers ?? preset.towers,
    levels: list ?? preset.levels.filter(({ stride }) => strides.includes(stride)),
  };
}

/** The section `network` of a configuration of detection. */
export const networkSection = given.transform(withPreset).prefault({});

/** An anchor's edges [z, y, x] in mm. */
export const edgesOf = (anchorMm: NetworkSettings["levels"][number]["anchorsMm"][number]): readonly [number, number, number] =>
  typeof anchorMm === "number" ? [anchorMm, anchorMm, anchorMm] : anchorMm;

/** Whether the anchors of every level are the same under an exchange of axes. */
export function isTurnable({ levels: list }: Pick<NetworkSettings, "levels">): boolean {
  return list.every(({ anchorsMm }) => {
    const names = anchorsMm.map((anchorMm) => edgesOf(anchorMm).join());
    return anchorsMm.every((anchorMm) => {
      const [z, y, x] = edgesOf(anchorMm);
      // These two exchanges make all six orders.
      return [
        [y, z, x],
        [z, x, y],
      ].every((turned) => names.includes(turned.join()));
    });
  });
}
