import type { Candidate, Circumstances, Engine, EngineName, FoundEngine, StartedEngine } from "./engine.js";
import { engineError, isEngineError, reasonOf } from "./errors.js";
import { pairForGpu } from "./native.js";
import { measureStep } from "./probe/measure.js";
import { type Failed, holdsFor, type Known, type Recalled, recall, remember } from "./probe/memory.js";
import { openStore, type Store } from "./probe/store.js";

/** Why an engine that would be faster is not used. */
interface Passed {
  name: EngineName;
  reason: string;
  how?: string;
}

interface Search {
  candidates: Candidate[];
  circumstances: Circumstances;
  /** What was looked for: what is there, or undefined. */
  found: Map<EngineName, FoundEngine | undefined>;
  passed: Passed[];
  store: Store;
}

/** Starts the fastest of the candidates, which stand in the order that counts until something is measured. */
export async function chooseFastest(candidates: Candidate[], circumstances: Circumstances): Promise<Engine> {
  const { options, machine } = circumstances;
  const { probe = "remembered", native } = options;
  const search: Search = { candidates, circumstances, found: new Map(), passed: [], store: openStore(native?.cache) };

  const tensorflow = await look(search, "tensorflow");
  if (tensorflow?.gpu) {
    const started = await start(search, "tensorflow");
    // A pairing with CUDA computes on the processor where it finds no driver.
    if (started?.device === "GPU" && probe !== "again") return reply(search, started, recall(search.store, machine).measured);
  }
  const field = await inQuestion(search, probe === "again");
  let recalled: Recalled | undefined = probe === "never" ? undefined : recall(search.store, machine);
  // An engine that came since, or changed, may be faster than all that was measured.
  if (recalled && !knowsAll(search, recalled)) recalled = undefined;
  if (probe === "again" || (probe === "remembered" && field.length > 1 && !recalled)) recalled = await measure(search, field);
  else passOver(search, recalled?.failed ?? []);
  const known = recalled?.measured ?? [];

  for (const one of known) {
    const engine = await look(search, one.name);
    const started = engine && holdsFor(one, one.name, engine) ? await start(search, one.name) : undefined;
    if (started) return reply(search, started, known);
  }
  for (const { name } of candidates) {
    const started = await start(search, name);
    if (started) return reply(search, started, known);
  }
  throw engineError(`No engine can be used: ${search.passed.map(({ reason }) => inSentence(reason)).join("; ")}.`);
}

/** The engines whose order only a measurement tells: WebGPU and the best one on the processor; or all that are worth one. */
async function inQuestion(search: Search, all: boolean): Promise<EngineName[]> {
  const field: EngineName[] = [];
  for (const name of ["webgpu", "tensorflow", "wasm"] as const) {
    if (name === "wasm" && !all && (!field.includes("webgpu") || field.includes("tensorflow"))) continue;
    if (await look(search, name)) field.push(name);
  }
  // One that stands alone has nothing to be measured against.
  return all || field.includes("webgpu") ? field : [];
}

async function look(search: Search, name: EngineName): Promise<FoundEngine | undefined> {
  if (search.found.has(name)) return search.found.get(name);
  const { machine } = search.circumstances;
  const { isPossible, isLikely = isPossible, find } = search.candidates.find((candidate) => candidate.name === name)!;
  const engine = isPossible(machine) && isLikely(machine) ? await attempt(search, name, () => find(search.circumstances)) : undefined;
  search.found.set(name, engine);
  return engine;
}

/** Makes an engine active if it can be; one that cannot counts as not found from then on. */
async function start(search: Search, name: EngineName): Promise<StartedEngine | undefined> {
  const engine = await look(search, name);
  const started = engine && (await attempt(search, name, engine.start));
  if (!started) search.found.set(name, undefined);
  return started;
}

/** What the work gives, or undefined and a note of why not. */
async function attempt<T>({ passed }: Search, name: EngineName, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isEngineError(error)) throw error;
    passed.push({ name, reason: reasonOf(error), ...(error.how === undefined ? {} : { how: error.how }) });
    return undefined;
  }
}

const knowsAll = ({ found }: Search, { measured, failed }: Recalled): boolean =>
  [...found].every(([name, engine]) => !engine || [...measured, ...failed].some((one) => holdsFor(one, name, engine)));

/** An engine on which the probe failed counts as not found, until it is measured again or is another one. */
function passOver(search: Search, failed: Failed[]): void {
  for (const one of failed) {
    const engine = search.found.get(one.name);
    if (!engine || !holdsFor(one, one.name, engine)) continue;
    search.passed.push({ name: one.name, reason: one.reason });
    search.found.set(one.name, undefined);
  }
}

async function measure(search: Search, field: EngineName[]): Promise<Recalled> {
  const measured: Known[] = [];
  const failed: Failed[] = [];
  for (const name of field) {
    if (!(await start(search, name))) continue;
    const { version, adapter } = search.found.get(name)!;
    const milliseconds = await attempt(search, name, measureOrSay);
    const engine = { name, version, ...(adapter === undefined ? {} : { adapter }) };
    if (milliseconds !== undefined) measured.push({ ...engine, milliseconds: Math.max(0.01, Math.round(milliseconds * 100) / 100) });
    else {
      failed.push({ ...engine, reason: search.passed.at(-1)!.reason });
      search.found.set(name, undefined);
    }
  }
  measured.sort((a, b) => a.milliseconds - b.milliseconds);
  if (measured.length + failed.length > 0) remember(search.store, search.circumstances.machine, { measured, failed });
  return { measured, failed };
}

async function measureOrSay(): Promise<number> {
  try {
    return await measureStep();
  } catch (cause) {
    throw engineError(`The probe fails: ${reasonOf(cause)}.`, { cause });
  }
}

function reply({ candidates, circumstances: { machine }, found, passed }: Search, started: StartedEngine, known: Known[]): Engine {
  const titleOf = (name: EngineName): string => candidates.find((candidate) => candidate.name === name)!.title;
  const measured = known.map(({ name, milliseconds }) => ({ name, milliseconds }));
  const rank = candidates.findIndex(({ name }) => name === started.name);
  const better = passed.filter(({ name }) => candidates.findIndex((candidate) => candidate.name === name) < rank);
  const lacksCuda =
    machine.gpu === "nvidia" && !(started.name === "tensorflow" && started.device === "GPU") && !found.get("tensorflow")?.gpu;
  if (lacksCuda && machine.runtime === "node" && machine.platform === "linux x64")
    better.unshift({ name: "tensorflow", reason: "No TensorFlow with CUDA is paired on this machine", how: pairForGpu });
  const [best] = better;
  return {
    ...started,
    why: reasonFor(),
    ...(measured.length > 0 ? { measured } : {}),
    ...(best ? { faster: { name: best.name, how: best.how ?? `${best.reason}.` } } : {}),
  };

  function reasonFor(): string {
    const [first, second] = known;
    if (first && second && first.name === started.name)
      return `${titleOf(first.name)} runs because a step of the probe took ${first.milliseconds} ms on it and ${second.milliseconds} ms on ${titleOf(second.name)}.`;
    return best
      ? `${titleOf(started.name)} runs because ${inSentence(best.reason)}.`
      : `${titleOf(started.name)} is the fastest engine here.`;
  }
}

/** "No TensorFlow is …" → "no TensorFlow is …"; names keep their capital. */
const inSentence = (text: string): string => text.replace(/^(No|The|There|This)\b/, (word) => word.toLowerCase());
