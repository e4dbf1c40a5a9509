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

/** An engine on which the probe fails, why, and what that holds for. */
export interface Failed extends Omit<Known, "milliseconds"> {
  reason: string;
}

/** What is known of the engines of a machine: the last measurement of each, the fastest first, or why there is none. */
export interface Recalled {
  measured: Known[];
  failed: Failed[];
}

interface Entry extends Recalled {
  key: string;
}

/** What is kept, for each machine. */
interface Memory {
  format: 1;
  machines: Entry[];
}

/** A home folder that many machines share keeps this many of them. */
const mostMachines = 32;
const longestReason = 300;
const names: readonly string[] = ["tensorflow", "webgpu", "wasm", "cpu"] satisfies EngineName[];

/** What measurements are kept for: the machine, TensorFlow.js, and the probe. */
function keyOf({ runtime, platform, processor, processors }: Machine): string {
  return [runtime, platform, processor, `${processors} processors`, `tfjs ${tf.version_core}`, `probe ${probeRevision}`].join("; ");
}

/** What is known of a machine; nothing where the store holds no memory of this package. */
export function recall(store: Store, machine: Machine): Recalled {
  const key = keyOf(machine);
  const { measured, failed } = read(store).machines.find((other) => other.key === key) ?? { measured: [], failed: [] };
  return { measured: measured.toSorted((a, b) => a.milliseconds - b.milliseconds), failed };
}

/** Keeps measurements and failures, each in place of what was known of its engine. */
export function remember(store: Store, machine: Machine, { measured, failed }: Recalled): void {
  const key = keyOf(machine);
  const { machines } = read(store);
  const older = machines.find((other) => other.key === key);
  const isOld = ({ name }: { name: EngineName }): boolean => [...measured, ...failed].every((other) => other.name !== name);
  const entry: Entry = {
    key,
    measured: [...measured, ...(older?.measured.filter(isOld) ?? [])],
    failed: [...failed.map(shortened), ...(older?.failed.filter(isOld) ?? [])],
  };
  const memory: Memory = { format: 1, machines: [entry, ...machines.filter((other) => other.key !== key)].slice(0, mostMachines) };
  store.write(`${JSON.stringify(memory, null, 2)}\n`);
}

/** A driver may say whole pages. */
const shortened = (one: Failed): Failed => ({ ...one, reason: one.reason.slice(0, longestReason) });

/** Whether something is known of this engine as it is now: another version, or another GPU, is another engine. */
export const holdsFor = (known: Omit<Known, "milliseconds">, name: EngineName, { version, adapter }: FoundEngine): boolean =>
  known.name === name && known.version === version && known.adapter === adapter;

function read(store: Store): Memory {
  try {
    const found = JSON.parse(store.read() ?? "null") as Memory | null;
    if (found?.format === 1 && Array.isArray(found.machines))
      return { format: 1, machines: found.machines.filter(isEntry).map(({ failed = [], ...entry }) => ({ ...entry, failed })) };
  } catch {
    // What is no JSON is as good as nothing; the next measurement replaces it.
  }
  return { format: 1, machines: [] };
}

const isEntry = (entry: Partial<Entry> | null): boolean =>
  typeof entry?.key === "string" &&
  isShortList(entry.measured, (one: Known) => Number.isFinite(one.milliseconds) && one.milliseconds > 0) &&
  // Memories that are older than failures have none.
  (entry.failed === undefined ||
    isShortList(entry.failed, (one: Failed) => typeof one.reason === "string" && one.reason.length <= longestReason));

const isShortList = <T extends Omit<Known, "milliseconds">>(list: unknown, holds: (one: T) => boolean): boolean =>
  Array.isArray(list) && list.length <= names.length && list.every((one: T | null) => isOfEngine(one) && holds(one!));

const isOfEngine = (known: Omit<Known, "milliseconds"> | null): boolean =>
  names.includes(known?.name ?? "") && typeof known!.version === "string" && ["undefined", "string"].includes(typeof known!.adapter);
