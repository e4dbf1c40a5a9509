// Records what the live pages Targets and MixUp show before anything is touched: drawing phantoms at every build would take too long. From docs,
//   pnpm exec tsx --conditions=@gleaner/source scripts/record-live-scans.ts
// The browser tests compare it with what the packages answer now.
import { readFileSync, writeFileSync } from "node:fs";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { presetsOf } from "../.vitepress/theme/live/linked-state.js";
import { mixUpAnswer } from "../.vitepress/theme/live/mixup-answer.js";
import { mixUpSchema } from "../.vitepress/theme/live/mixup-settings.js";
import { phantomScan } from "../.vitepress/theme/live/scan.js";
import { createTargets } from "../.vitepress/theme/live/targets-answer.js";
import { targetsSchema } from "../.vitepress/theme/live/targets-settings.js";

tf.env().set("PROD", true);
const place = (name: string): URL => new URL(`../live/${name}`, import.meta.url);
/** Six digits are more than the page shows. */
const rounded = (_: string, value: unknown): unknown => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
const write = (name: string, answer: unknown): void => writeFileSync(place(name), `${JSON.stringify(answer, rounded)}\n`);

const targets = presetsOf(targetsSchema);
const ask = createTargets(readFileSync(place("teacher.safetensors")));
write("targets-preset.json", await ask(phantomScan(targets.seed), targets));

const mixUp = presetsOf(mixUpSchema);
write("mixup-preset.json", mixUpAnswer([phantomScan(mixUp.seedA), phantomScan(mixUp.seedB)], mixUp));
