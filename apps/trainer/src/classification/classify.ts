import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { imageSource } from "@gleaner/images";
import { readImageFile } from "@gleaner/images/node";
import { inputError } from "../errors.js";
import { csvField } from "../froc/csv-field.js";
import { bestCheckpoint, checkOutput, readAnyRunConfig, runFiles, writeWhole } from "../run/run-folder.js";
import { likeliest, predictImages } from "./judge.js";
import { createClassifier } from "./network.js";
import { loadAverages, readInput } from "./state.js";

export interface ClassifyOptions {
  run: string;
  images: readonly string[];
  out: string;
  signal?: AbortSignal;
  onImage?: (done: number, total: number) => void;
}

export interface ClassifyResult {
  predictions: string;
  step: number;
  images: { file: string; class: string; probability: number }[];
}

/** Pictures that are in memory at a time. */
const atOnce = 256;

/**
 * Says of pictures which class they are of, with the weights that were best on the validation images where a run has them, else the last; writes a CSV with the
 * likeliest class, its probability, and the probability of each class.
 */
export async function classify({ run, images, out, signal, onImage }: ClassifyOptions): Promise<ClassifyResult> {
  checkOutput(out);
  const config = readAnyRunConfig(run);
  if (config.task !== "classification") throw inputError(`${join(run, runFiles.config)}: task is ${config.task}; expected classification`);
  for (const path of images) {
    if (!existsSync(path)) throw inputError(`${path} does not exist; expected a PNG or JPEG file`);
    if (!statSync(path).isFile()) throw inputError(`${path} is a folder; expected a PNG or JPEG file`);
  }
  const best = join(run, bestCheckpoint);
  const checkpoint = existsSync(best) ? best : join(run, runFiles.checkpoint);
  if (!existsSync(checkpoint)) throw inputError(`${checkpoint} does not exist; expected the checkpoint that \`gleaner train\` leaves`);
  const input = readInput(checkpoint);
  const [height, width, channels] = input.shape;
  if (channels === 2) throw inputError(`${checkpoint} takes images of ${channels} channels; expected 1 or 3, as pictures have`);
  const { classNames } = input;
  const classifier = createClassifier(config, input.shape, classNames.length);
  const found: ClassifyResult["images"] = [];
  const lines = [["file", "class", "probability", ...classNames].map(csvField).join(",")];
  try {
    const step = loadAverages(checkpoint, classifier);
    for (let from = 0; from < images.length; from += atOnce) {
      const files = images.slice(from, from + atOnce);
      const pixels = new Uint8Array(files.length * height * width * channels);
      for (const [i, file] of files.entries()) {
        signal?.throwIfAborted();
        const { data } = await readImageFile(file, { size: [height, width], channels: channels as 1 | 3 });
        pixels.set(data, i * data.length);
        onImage?.(from + i + 1, images.length);
      }
      const source = imageSource({ images: pixels, shape: [files.length, height, width, channels], labels: new Uint8Array(files.length) });
      const all = await predictImages(
        classifier,
        source,
        Int32Array.from(files, (_, i) => i),
        input,
      );
      for (const [i, c] of likeliest(all, classNames.length).entries()) {
        const row = Array.from(all.subarray(i * classNames.length, (i + 1) * classNames.length), (p) => Number(p.toFixed(6)));
        found.push({ file: files[i]!, class: classNames[c]!, probability: row[c]! });
        lines.push([files[i]!, classNames[c]!, ...[row[c]!, ...row]].map(csvField).join(","));
      }
    }
    mkdirSync(dirname(resolve(out)), { recursive: true });
    writeWhole(out, `${lines.join("\n")}\n`);
    return { predictions: out, step, images: found };
  } finally {
    classifier.dispose();
  }
}
