import type { Gpu } from "./adapter.js";

/** What is used of npm's `webgpu`, which is Dawn. */
export interface DawnModule {
  create(options: string[]): Gpu;
  globals: object;
}

/** Gives Dawn a turn now instead of when the event loop comes to it; false when it waits for none. */
export type GiveTurn = () => boolean;

/** The methods whose answers Dawn works on in its turns. */
const asynchronous: Record<string, string[]> = {
  GPUBuffer: ["mapAsync"],
  GPUQueue: ["onSubmittedWorkDone"],
  GPUDevice: ["createComputePipelineAsync", "popErrorScope"],
};

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Puts Dawn's classes where TensorFlow.js looks for them, and takes over when Dawn gets its turns.
 *
 * Dawn finds out that a buffer can be read in a callback that it hands to setImmediate. Node has no way to wait for that inside a function,
 * so those callbacks are collected here, and can be called early by who needs the answer at once; the event loop still comes to them.
 */
export function installDawn({ globals }: DawnModule): GiveTurn {
  const scope = globalThis as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(globals)) scope[name] ??= value;

  const turns: (() => void)[] = [];
  const collecting = <T>(work: () => T): T => {
    const later = scope["setImmediate"] as (callback: () => void) => unknown;
    scope["setImmediate"] = (turn: () => void) => {
      turns.push(turn);
      return later(giveTurn);
    };
    try {
      return work();
    } finally {
      scope["setImmediate"] = later;
    }
  };
  const giveTurn: GiveTurn = () => {
    const turn = turns.shift();
    if (turn) collecting(turn);
    return turn !== undefined;
  };
  for (const [type, methods] of Object.entries(asynchronous)) {
    const prototype = ((globals as Record<string, unknown>)[type] as { prototype?: Record<string, Method> } | undefined)?.prototype;
    for (const name of methods) {
      const method = prototype?.[name];
      if (!method) continue;
      prototype[name] = function (...given) {
        return collecting(() => method.apply(this, given));
      };
    }
  }
  return giveTurn;
}

/** Waits for the turns that Dawn asked for before {@link installDawn}: it asks for no other one until they are over. */
export const earlierTurns = (): Promise<void> =>
  new Promise((resolve) => (globalThis as unknown as { setImmediate(callback: () => void): unknown }).setImmediate(resolve));

/** Runs the work while `navigator.gpu` is this one: the backend looks for it there when it is made, and takes its device from us. */
export function whileNavigatorHas<T>(gpu: Gpu, work: () => T): T {
  const scope = globalThis as { navigator?: object };
  // Node 20 has no navigator.
  const before = Object.getOwnPropertyDescriptor(scope, "navigator");
  const navigator = Object.create(scope.navigator ?? null, { gpu: { value: gpu } });
  Object.defineProperty(scope, "navigator", { value: navigator, configurable: true });
  try {
    return work();
  } finally {
    if (before) Object.defineProperty(scope, "navigator", before);
    else delete scope.navigator;
  }
}
