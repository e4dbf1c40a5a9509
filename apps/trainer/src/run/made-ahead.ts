/** What belongs to each step of a run, some of it made before it is asked for. */
export interface MadeAhead<T> {
  /** Waits for what belongs to a step, and says for how many milliseconds. */
  take(step: number): Promise<{ value: T; waitedMs: number }>;
}

/** Starts what belongs to a step when it is asked for, and what belongs to the next `ahead` steps of `steps` with it. */
export function makeAhead<T>(make: (step: number) => Promise<T>, { ahead, steps }: { ahead: number; steps: number }): MadeAhead<T> {
  const started = new Map<number, Promise<T>>();
  const start = (step: number): Promise<T> => {
    const made = make(step);
    // A failure is reported when the step is asked for, not when nobody listens yet.
    made.catch(() => {});
    return made;
  };
  return {
    async take(step) {
      const asked = performance.now();
      for (let k = step; k <= Math.min(step + ahead, steps - 1); k++) if (!started.has(k)) started.set(k, start(k));
      const made = started.get(step)!;
      started.delete(step);
      return { value: await made, waitedMs: performance.now() - asked };
    },
  };
}

/** Pieces one after the other. */
export function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
