// Writes the weights of the small detector that the live page Targets runs: from docs,
//   pnpm exec tsx --conditions=@gleaner/source scripts/live-teacher.ts RUN
// RUN is made by
//   gleaner phantom --scans 32 --out phantoms --seed 11 --size 64,64,64
//   gleaner train teacher.yaml --out RUN
// and teacher.yaml is
//   method: supervised
//   seed: 3
//   data: { root: phantoms, labeled: 24, test: 8 }
//   preprocessing: { lungMask: false }
//   network: { channels: [8, 16, 24], pyramidChannels: 16 }
//   training: { steps: 1500, labeledBatch: 4, checkpointEvery: 250 }
import { writeFileSync } from "node:fs";
import { encodeCheckpoint } from "@gleaner/training";
import { loadCheckpoint } from "@gleaner/training/node";

const run = process.argv[2];
if (!run) throw new Error("no run is named; expected the folder that gleaner train made");
const { tensors, meta } = loadCheckpoint(`${run}/checkpoint.safetensors`);
const prefix = "ema/average/";
const average = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
if (average.length === 0) throw new Error(`${run} has no moving average of weights; expected the checkpoint of a detector`);
const weights = encodeCheckpoint({
  tensors: Object.fromEntries(average.map(([name, tensor]) => [name.slice(prefix.length), tensor])),
  meta: { method: "supervised", labeledPhantoms: 24, step: (meta as { step?: number }).step },
});
writeFileSync(new URL("../live/teacher.safetensors", import.meta.url), weights);
console.log(`${average.length} tensors, ${weights.length} bytes`);
