import { concatSources, describeImages, type ImageSetDescription, type ImageSource, type LabelSplit, splitLabels } from "@gleaner/images";
import { createRandom } from "@gleaner/training";
import { inputError } from "../errors.js";
import { openImagePart } from "./open-images.js";
import type { ClassificationConfig } from "./schema.js";

/** Images with known classes that judge: some of the pool, or a part of their own. */
interface JudgingImages {
  source: ImageSource;
  indices: Int32Array;
}

/** The images of a run: those that are learned from, those that choose, those that judge. */
export interface ClassificationData {
  /** What is learned from; `labeled` and `unlabeled` are indices of it. */
  pool: ImageSource;
  labeled: Int32Array;
  /** The images that are looked at without their labels, the labeled ones among them. */
  unlabeled: Int32Array;
  validation: JudgingImages;
  test: JudgingImages;
  classes: number;
  classNames: readonly string[];
  /** Of each channel, in 0..1: what is subtracted from pixels and what they are divided by. */
  mean: readonly number[];
  deviation: readonly number[];
  close(): void;
}

/** Opens the set of a configuration and draws its split; `source` is what error sentences call the configuration. */
export async function openClassificationData(config: ClassificationConfig, source: string): Promise<ClassificationData> {
  const { data, preprocessing } = config;
  const opened: ImageSource[] = [];
  try {
    for (const part of data.part?.split("+") ?? [undefined]) opened.push(await openImagePart(data, part?.trim(), source));
    const pool = opened.length === 1 ? opened[0]! : concatSources(opened);
    const openJudges = async (part: number | string): Promise<JudgingImages | undefined> => {
      if (typeof part === "number") return undefined;
      const judges = await openImagePart(data, part, source);
      opened.push(judges);
      const [sizes, expected] = [judges, pool].map(({ shape }) => shape.slice(1).join(" × "));
      if (sizes !== expected)
        throw inputError(`${data.path}: images of the part ${part} are ${sizes}; expected ${expected}, as those that are learned from`);
      return { source: judges, indices: knownOf(judges.labels) };
    };
    const test = await openJudges(data.test);
    const validation = await openJudges(data.validation);
    const sources = [pool, ...[test, validation].flatMap((judges) => (judges ? [judges.source] : []))];
    const classNames = sources.find((one) => one.classNames)?.classNames ?? numbered(sources);
    const classes = classNames.length;
    const split = drawSplit(config, pool.labels, classes, source);
    const statistics = describePool(pool, preprocessing.mean !== undefined && preprocessing.deviation !== undefined);
    const [mean, deviation] = [preprocessing.mean ?? statistics!.mean, preprocessing.deviation ?? statistics!.deviation.map((d) => d || 1)];
    for (const [name, values] of Object.entries({ mean, deviation })) {
      if (values.length !== pool.shape[3])
        throw inputError(
          `${source}: preprocessing.${name} has ${values.length} numbers; expected ${pool.shape[3]}, one for each channel of ${data.path}`,
        );
    }
    return {
      pool,
      labeled: split.labeled,
      unlabeled: split.unlabeled,
      validation: validation ?? { source: pool, indices: split.validation },
      test: test ?? { source: pool, indices: split.test },
      classes,
      classNames,
      mean,
      deviation,
      close: () => {
        for (const one of opened) one.close();
      },
    };
  } catch (error) {
    for (const one of opened) one.close();
    throw error;
  }
}

/** Draws what is set aside for judging, then labels and validation from the rest; one stream each, so that more labels leave the others as they are. */
function drawSplit(
  config: ClassificationConfig,
  labels: ArrayLike<number>,
  classes: number,
  source: string,
): LabelSplit & { test: Int32Array } {
  const { method, data } = config;
  const random = createRandom(data.splitSeed);
  try {
    const held = typeof data.test === "number" ? data.test : 0;
    const first = splitLabels(labels, { classes, labeled: 0, validation: held, random: random.fork("test") });
    const rest = first.unlabeled;
    const labeledCount = method === "full" ? 0 : (data.labeled ?? 0);
    if (method !== "full" && labeledCount === 0)
      throw inputError(
        `${source}: data.labeled is ${data.labeled ?? "missing"}; expected how many images keep their labels, a multiple of the ${classes} classes`,
      );
    const split = splitLabels(
      Int32Array.from(rest, (index) => labels[index]!),
      {
        classes,
        labeled: labeledCount,
        validation: typeof data.validation === "number" ? data.validation : 0,
        random: random.fork("labels"),
      },
    );
    const inPool = (indices: Int32Array): Int32Array => indices.map((index) => rest[index]!);
    const unlabeled = inPool(split.unlabeled);
    const labeled = method === "full" ? unlabeled.filter((index) => labels[index]! >= 0) : inPool(split.labeled);
    if (labeled.length === 0) throw inputError(`${source}: ${data.path} has no labeled image left to learn from`);
    return { labeled, unlabeled, validation: inPool(split.validation), test: first.validation };
  } catch (error) {
    if (error instanceof RangeError) throw inputError(`${source}: data: ${error.message}`, error);
    throw error;
  }
}

const knownOf = (labels: ArrayLike<number>): Int32Array =>
  Int32Array.from(Array.from(labels, (label, i) => (label >= 0 ? i : -1)).filter((i) => i >= 0));

function numbered(sources: readonly ImageSource[]): string[] {
  let most = -1;
  for (const { labels } of sources) for (const label of labels) most = Math.max(most, label);
  return Array.from({ length: most + 1 }, (_, i) => String(i));
}

/** Enough images for a mean to three digits, in the order of the set with even gaps. */
const describedImages = 10_000;

function describePool(pool: ImageSource, isGiven: boolean): Pick<ImageSetDescription, "mean" | "deviation"> | undefined {
  if (isGiven) return undefined;
  const [count, height, width, channels] = pool.shape;
  const step = Math.max(1, Math.floor(count / describedImages));
  const indices = Array.from({ length: Math.min(count, describedImages) }, (_, i) => i * step);
  return describeImages({
    images: pool.read(indices),
    shape: [indices.length, height, width, channels],
    labels: new Uint8Array(indices.length),
  });
}
