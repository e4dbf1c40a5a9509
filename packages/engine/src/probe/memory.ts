import * as tf from "@tensorflow/tfjs-core";
import type { EngineName, FoundEngine, Measurement } from "../engine.js";
import type { Machine } from "../machine.js";
import { probeRevision } from "./measure.js";
import type { Store } from "./store.js";

/** A measurement, and what it holds for. */
export interface Known extends Measurement {
  version: string;
  adapter?: string;
}

/** What is kept: for each machine, the last measurement of each engine. */
interface Memory {
  format: 1;
  machines: { key: string; measured: Known[] }[];
}

/** A home folder that many machines share keeps this many of them. */
const mostMachines = 32;
const names: readonly string[] = ["tensorflow", "webgpu", "wasm", "cpu"] satisfies EngineName[];

/** What measurements are kept for: the machine, TensorFlow.js, and the probe. */
function keyOf({ runtime, platform, processor, processors }: Machine): string {
  return [runtime, platform, processor, `${processors} processors`, `tfjs ${tf.version_core}`, `probe ${probeRevision}`].join("; ");
}

/** What was measured on a machine, the fastest first; nothing where the store holds no memory of this package. */
export function recall(store: Store, machine: Machine): Known[] {
  const key = keyOf(machine);
  return (read(store).machines.find((other) => other.key === key)?.measured ?? []).toSorted((a, b) => a.milliseconds - b.milliseconds);
}

/** Keeps measurements, each in place of an older one of its engine. */
export function remember(store: Store, machine: Machine, measured: Known[]): void {
  const key = keyOf(machine);
  const { machines } = read(store);
  const older = machines.find((other) => other.key === key)?.measured.filter(({ name }) => measured.every((other) => other.name !== name));
  const others = machines.filter((other) => other.key !== key);
  const memory: Memory = { format: 1, machines: [{ key, measured: [...measured, ...(older ?? [])] }, ...others].slice(0, mostMachines) };
  store.write(`${JSON.stringify(memory, null, 2)}\n`);
}

/** Whether a measurement is of this engine as it is now: another version, or another GPU, is another engine. */
export const holdsFor = (known: Known, name: EngineName, { version, adapter }: FoundEngine): boolean =>
  known.name === name && known.version === version && known.adapter === adapter;

function read(store: Store): Memory {
  try {
    const found = JSON.parse(store.read() ?? "null") as Memory | null;
    if (found?.format === 1 && Array.isArray(found.machines)) return { format: 1, machines: found.machines.filter(isEntry) };
  } catch {
    // What is no JSON is as good as nothing; the next measurement replaces it.
  }
  return { format: 1, machines: [] };
}

const isEntry = (entry: Memory["machines"][number] | null): boolean =>
  typeof entry?.key === "string" && Array.isArray(entry.measured) && entry.measured.length <= names.length && entry.measured.every(isKnown);

const isKnown = (known: Known | null): boolean =>
  names.includes(known?.name ?? "") &&
  typeof known!.version === "string" &&
  ["undefined", "string"].includes(typeof known!.adapter) &&
  Number.isFinite(known!.milliseconds) &&
  known!.milliseconds > 0;
