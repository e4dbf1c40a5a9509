import { availableParallelism } from "node:os";
import { type ChooseEngineOptions, chooseEngine, type EnginePreference, type Measurement } from "@gleaner/engine";
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
  /** What WebGPU computes on. */
  adapter?: string;
  node: string;
  platform: string;
  started: string;
  /** What a step of the probe took on each engine, the fastest first, where that was measured. */
  measured?: Measurement[];
  /** What would be faster, and how to get it. */
  faster?: { name: string; how: string };
}

const preferences: readonly string[] = ["native", "webgpu", "wasm", "cpu"] satisfies EnginePreference[];

/** The option `--engine` of every command that computes. */
export const engineArgument = {
  type: "string",
  description: "native, webgpu, wasm or cpu instead of the fastest that is here",
  valueHint: "NAME",
} as const;

interface StartOptions {
  /** Pair the native one first where that can be done. */
  install?: boolean;
  /** Whether engines are measured: once where the order is in doubt, or "again". */
  probe?: ChooseEngineOptions["probe"];
}

/** Makes an engine active and says on standard error which and why. */
export async function startEngine(
  prefer: string | undefined,
  io: Io,
  { install = false, probe = "remembered" }: StartOptions = {},
): Promise<Environment> {
  if (prefer !== undefined && !preferences.includes(prefer))
    throw inputError(`--engine is ${JSON.stringify(prefer)}; expected ${preferences.join(", ")}`);
  if (install && (prefer === undefined || prefer === "native")) await pairIfPossible(io);
  // TensorFlow.js would advise on the console to install another engine than ours.
  enableProdMode();
  const engine = await chooseEngine({
    ...(prefer !== undefined && { prefer: prefer as EnginePreference }),
    native: cacheOption(io),
    probe,
  }).catch((error: Error) => {
    if (error.name === "EngineError" || error.name === "NativeError") throw workError(inOurWords(error.message), error);
    throw error;
  });
  const { name, why, version, threads, device, adapter, measured, faster } = engine;
  const where = adapter === undefined ? device : `${device} (${adapter})`;
  io.stderr.write(`engine: ${name} ${version}, ${threads} thread${threads === 1 ? "" : "s"}, ${where}. ${why}\n`);
  return {
    engine: name,
    why,
    version,
    threads,
    device,
    ...(adapter !== undefined && { adapter }),
    node: process.version,
    platform: `${process.platform} ${process.arch}, ${availableParallelism()} processors`,
    started: new Date().toISOString(),
    ...(measured && { measured }),
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

/** What an installation would fetch and where it goes, in one sentence, and a line for each warning. */
export const describePlan = (plan: Awaited<ReturnType<typeof planInstall>>): string => [whatIsFetched(plan), ...plan.warnings].join("\n");

const whatIsFetched = (plan: Awaited<ReturnType<typeof planInstall>>): string =>
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
