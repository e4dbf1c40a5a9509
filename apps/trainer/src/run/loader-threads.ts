import { parentPort, Worker } from "node:worker_threads";
import { explainError, inputError, workError } from "../errors.js";

/** Does jobs in threads of their own; what comes out depends on the job alone, so any number of threads gives the same. */
export interface JobThreads<Job, Answer> {
  /** Jobs of the same lane go to the same thread, which may remember something of them; one without a lane to the thread that has the fewest. */
  do(job: Job, lane?: number): Promise<Answer>;
  close(): Promise<void>;
}

type Message<Answer> = { id: number } & ({ answer: Answer } | { text: string; exitCode: number });

/** Threads that run a built script with `workerData`. `purpose` is what error sentences say they do. */
export function openJobThreads<Job, Answer>(
  script: string,
  threads: number,
  workerData: unknown,
  purpose: string,
): JobThreads<Job, Answer> {
  const workers = Array.from({ length: threads }, () => openThread<Job, Answer>(script, workerData, purpose));
  return {
    do: (job, lane) =>
      (lane === undefined ? workers.reduce((a, b) => (b.waiting() < a.waiting() ? b : a)) : workers[lane % threads]!).do(job),
    close: async () => {
      await Promise.all(workers.map(({ close }) => close()));
    },
  };
}

function openThread<Job, Answer>(script: string, workerData: unknown, purpose: string) {
  // Without the flags of this process, under which a test would look for sources.
  const worker = new Worker(script, { workerData, execArgv: [] });
  // Training decides when the process ends; a thread that waits for jobs does not keep it alive.
  worker.unref();
  const open = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let next = 0;
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken = error;
    for (const { reject } of open.values()) reject(error);
    open.clear();
  };
  worker.on("message", (message: Message<Answer>) => {
    const waiting = open.get(message.id);
    open.delete(message.id);
    if (open.size === 0) worker.unref();
    if ("answer" in message) waiting?.resolve(message.answer);
    else waiting?.reject((message.exitCode === 2 ? inputError : workError)(message.text));
  });
  worker.on("error", fail);
  worker.on("exit", (code) => fail(workError(`a thread that ${purpose} ended with code ${code}`)));
  return {
    waiting: () => open.size,
    do: (job: Job) =>
      new Promise<Answer>((resolve, reject) => {
        if (broken) return reject(broken);
        const id = next++;
        open.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, job });
      }),
    close: async () => {
      worker.removeAllListeners("exit");
      await worker.terminate();
    },
  };
}

/** The other side, in the thread: does one job after the other, and gives the memory of the answers away. */
export function answerJobs<Job, Answer>(
  work: (job: Job) => Answer | Promise<Answer>,
  buffersOf: (answer: Answer) => readonly Float32Array[],
): void {
  const inTurn = oneAfterTheOther(work);
  parentPort?.on("message", async ({ id, job }: { id: number; job: Job }) => {
    try {
      const answer = await inTurn(job);
      const buffers = buffersOf(answer).map(({ buffer }) => buffer as ArrayBuffer);
      parentPort?.postMessage({ id, answer } satisfies Message<Answer>, buffers);
    } catch (error) {
      parentPort?.postMessage({ id, ...explainError(error) } satisfies Message<Answer>);
    }
  });
}

/** The same work, one job at a time in the order they came: what is needed first is made first, and memory is for one. */
export function oneAfterTheOther<Job, Answer>(work: (job: Job) => Answer | Promise<Answer>): (job: Job) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const done = last.then(() => work(job));
    last = done.catch(() => {});
    return done;
  };
}
