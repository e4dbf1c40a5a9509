import { availableParallelism } from "node:os";
import { chooseEngine, type EnginePreference } from "@gleaner/engine";
import { installNative, planInstall } from "@gleaner/native";
// This also registers the gradients and the plain JavaScript backend on the one TensorFlow.js of this process.
import { enableProdMode } from "@tensorflow/tfjs";
import { inputError, workError } from "../errors.js";
import type { Io } from "../io.js";
import { installReporter } from "../reporters/installation.js";

/** What a run notes about where it ran. */
export interface Environment extends Record<string, unknown> {
  engine: string;
  why: string;
  version: string;
  threads: number;
  device: string;
  node: string;
  platform: string;
  started: string;
  /** What would be faster, and how to get it. */
  faster?: { name: string; how: string };
}

const preferences: readonly string[] = ["native", "wasm", "cpu"] satisfies EnginePreference[];

/** The option `--engine` of every command that computes. */
export const engineArgument = {
  type: "string",
  description: "native, wasm or cpu instead of the fastest that is here",
  valueHint: "NAME",
} as const;

/** Makes an engine active and says on standard error which and why; `install` pairs the native one first where that can be done. */
export async function startEngine(prefer: string | undefined, io: Io, { install = false } = {}): Promise<Environment> {
  if (prefer !== undefined && !preferences.includes(prefer))
    throw inputError(`--engine is ${JSON.stringify(prefer)}; expected ${preferences.join(", ")}`);
  if (install && (prefer === undefined || prefer === "native")) await pairIfPossible(io);
  // TensorFlow.js would advise on the console to install another engine than ours.
  enableProdMode();
  const engine = await chooseEngine({
    ...(prefer !== undefined && { prefer: prefer as EnginePreference }),
    native: cacheOption(io),
  }).catch((error: Error) => {
    if (error.name === "EngineError" || error.name === "NativeError") throw workError(inOurWords(error.message), error);
    throw error;
  });
  io.stderr.write(
    `engine: ${engine.name} ${engine.version}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"}, ${engine.device}. ${engine.why}\n`,
  );
  const { name, why, version, threads, device, faster } = engine;
  return {
    engine: name,
    why,
    version,
    threads,
    device,
    node: process.version,
    platform: `${process.platform} ${process.arch}, ${availableParallelism()} processors`,
    started: new Date().toISOString(),
    ...(faster && { faster: { name: faster.name, how: inOurWords(faster.how) } }),
  };
}

/** Where the native engine is looked for and installed: GLEANER_CACHE, an empty one counting as none. */
export const cacheOption = (io: Io): { cache?: string } => {
  const cache = io.env["GLEANER_CACHE"];
  return cache ? { cache } : {};
};

/** With the command that a user of this trainer has. */
const inOurWords = (text: string): string => text.replace(/(npx )?gleaner-native install/, "gleaner backend install");

const megabytes = (bytes: number): string => (bytes < 1e6 ? "less than 1 MB" : `${Math.round(bytes / 1e6)} MB`);

/** What an installation would fetch and where it goes, in one sentence. */
export const describePlan = (plan: Awaited<ReturnType<typeof planInstall>>): string =>
  plan.downloads.length === 0
    ? `Pairing TensorFlow ${plan.tensorflow} with what ${plan.cache} holds already.`
    : `Pairing TensorFlow ${plan.tensorflow}: this downloads ${plan.downloads.map(({ what, bytes, by }) => `${what} (${megabytes(bytes)}, by your ${by})`).join(" and ")} and needs ${megabytes(plan.diskBytes)} in ${plan.cache}.`;

async function pairIfPossible(io: Io): Promise<void> {
  const where = cacheOption(io);
  const plan = await planInstall(where);
  if (plan.installed) return;
  const [problem] = plan.problems;
  if (problem) {
    io.stderr.write(`The native engine cannot be paired here: ${problem.message}\n`);
    return;
  }
  io.stderr.write(`${describePlan(plan)}\n--engine wasm does without it.\n`);
  try {
    await installNative({ ...where, signal: io.signal, onProgress: installReporter(io.stderr) });
  } catch (error) {
    if ((error as Error).name !== "NativeError") throw error;
    // A demo goes on with what is there; `gleaner backend install` is where this is an error.
    io.stderr.write(`The native engine was not paired: ${(error as Error).message}\n`);
  }
}
