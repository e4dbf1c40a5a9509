import type { FrocTasks } from "./froc-worker.js";

/** A worker for the tasks of the page; `stop` ends it in the middle of whatever it does. */
export interface FrocWorker {
  run<K extends keyof FrocTasks>(task: K, ask: FrocTasks[K]["ask"]): Promise<FrocTasks[K]["get"]>;
  stop(): void;
}

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

export function startFrocWorker(): FrocWorker {
  const worker = new Worker(new URL("./froc-worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<{ id: number; got?: never; failed?: string }>) => {
    const one = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failed === undefined) one?.resolve(data.got as never);
    else one?.reject(new Error(data.failed));
  });
  worker.addEventListener("error", () => {
    for (const one of waiting.values()) one.reject(new Error("the page's worker did not start; expected a browser with module workers"));
    waiting.clear();
  });
  return {
    run: (task, ask) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        worker.postMessage({ id: last, task, ask });
      }),
    stop: () => worker.terminate(),
  };
}
