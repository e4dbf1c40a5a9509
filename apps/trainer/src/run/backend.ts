import { existsSync } from "node:fs";
import { checkEngine, type OperatorCheck } from "@gleaner/engine";
import { type InstallOptions, installNative, type Pairing, planInstall } from "@gleaner/native";
import { inputError, workError } from "../errors.js";
import type { Io } from "../io.js";
import { installReporter } from "../reporters/installation.js";
import { cacheOption, describePlan, type Environment, startEngine } from "./start-engine.js";

/** Which engine is used, what was measured, and what would be faster; `measure` measures every engine anew. */
export const backendStatus = (prefer: string | undefined, measure: boolean, io: Io): Promise<Environment> =>
  startEngine(prefer, io, measure ? { probe: "again" } : {});

/** The status in lines of text; empty where nothing was measured and nothing is faster. */
export function describeStatus({ measured = [], faster }: Environment): string {
  const steps = measured.map(({ name, milliseconds }) => `${name} ${milliseconds} ms`).join(", ");
  const lines = [
    ...(steps ? [`measured: ${steps} for a step of the probe`] : []),
    ...(faster ? [`faster: ${faster.name}. ${faster.how}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Pairs the native engine; says on standard error what that downloads and how large it is. */
export async function backendInstall(given: InstallOptions, io: Io): Promise<Pairing> {
  const options = { ...cacheOption(io), ...given };
  if (given.wheel !== undefined && !existsSync(given.wheel))
    throw inputError(`--wheel is ${given.wheel}, which does not exist; expected a wheel of TensorFlow`);
  const plan = await planInstall(options).catch((error: Error) => {
    // An option out of its range; the message begins with its name.
    throw error.name === "RangeError" ? inputError(`--${error.message}`, error) : error;
  });
  if (plan.installed) return plan.installed;
  io.stderr.write(`${describePlan(plan)}\n`);
  return installNative({ ...options, signal: io.signal, onProgress: installReporter(io.stderr) });
}

/** Runs the operators and gradients that Gleaner needs on the engine; throws when one is wrong or missing, after all have run. */
export async function backendCheck(
  prefer: string | undefined,
  io: Io,
): Promise<{ engine: string; operators: OperatorCheck[]; faults: number }> {
  const { engine } = await startEngine(prefer, io);
  const operators = await checkEngine();
  return { engine, operators, faults: operators.filter(({ status }) => status !== "right").length };
}

/** The sentence for an engine that is not right. */
export const faultError = (engine: string, faults: number): Error =>
  workError(`${engine} has ${faults} operator${faults === 1 ? "" : "s"} that ${faults === 1 ? "is" : "are"} wrong or missing`);
