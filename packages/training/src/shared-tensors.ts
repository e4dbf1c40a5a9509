import type * as tf from "@tensorflow/tfjs-core";

/** What another thread needs to open the same tensors. It can be posted: the memory is shared, not copied. */
export interface SharedTensorsHandle {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly memory: SharedArrayBuffer;
}

/** Named float32 tensors in one piece of memory that threads share. Who writes and who reads when is for the threads to agree. */
export interface SharedTensors {
  readonly handle: SharedTensorsHandle;
  /**
   * Copies tensors in; those of the shapes that are not given are absent until the next `write`.
   *
   * @throws RangeError for a name that is not there, or a tensor of another shape
   * @throws TypeError for a tensor that is not float32
   */
  write(tensors: Readonly<Record<string, tf.Tensor>>): void;
  /** How many times it was written, by whichever thread. */
  version(): number;
  /** The numbers of a tensor where they are, undefined where it is absent; not to be changed. */
  values(name: string): Float32Array | undefined;
}

const bytes = 4;
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

// First how often it was written, then for each tensor whether it is present, then the numbers.
const headerLength = (count: number): number => 1 + count;

const memoryLength = (shapes: SharedTensorsHandle["shapes"]): number =>
  bytes * (headerLength(Object.keys(shapes).length) + Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0));

/**
 * Makes room for named float32 tensors in memory that can be shared with other threads; all are absent until the first `write`.
 *
 * @param shapes by name, extents ≥ 0
 * @throws RangeError if an extent is no integer ≥ 0
 * @throws Error where there is no `SharedArrayBuffer`: pages have it when they are cross-origin isolated
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createSharedTensors, openSharedTensors } from "@gleaner/training";
 * const here = createSharedTensors({ w: [2], b: [] });
 * const there = openSharedTensors(here.handle); // in another thread, to which the handle was posted
 * here.write({ w: tf.tensor1d([1, 2]) });
 * there.values("w"); // => [1, 2]
 * there.values("b"); // => undefined
 * there.version(); // => 1
 * ```
 */
export function createSharedTensors(shapes: SharedTensorsHandle["shapes"]): SharedTensors {
  for (const [name, shape] of Object.entries(shapes)) {
    const wrong = shape.find((extent) => !Number.isInteger(extent) || extent < 0);
    if (wrong !== undefined) throw new RangeError(`the tensor ${name} has the extent ${wrong}, expected integers from 0`);
  }
  if (typeof SharedArrayBuffer === "undefined")
    throw new Error("there is no SharedArrayBuffer; expected Node, or a page that is cross-origin isolated (headers COOP and COEP)");
  return openSharedTensors({ shapes, memory: new SharedArrayBuffer(memoryLength(shapes)) });
}

/**
 * Opens the tensors that another thread made.
 *
 * @throws RangeError if the memory is not as long as the shapes ask for
 *
 * @example
 * ```ts
 * import { openSharedTensors } from "@gleaner/training";
 * let message = "";
 * try {
 *   openSharedTensors({ shapes: { w: [2] }, memory: new SharedArrayBuffer(4) });
 * } catch (error) {
 *   message = error.message;
 * }
 * message; // => "the shared memory has 4 bytes, expected 16 for its tensors"
 * ```
 */
export function openSharedTensors({ shapes, memory }: SharedTensorsHandle): SharedTensors {
  if (memory.byteLength !== memoryLength(shapes))
    throw new RangeError(`the shared memory has ${memory.byteLength} bytes, expected ${memoryLength(shapes)} for its tensors`);
  const names = Object.keys(shapes);
  const header = new Int32Array(memory, 0, headerLength(names.length));
  const places = new Map<string, { flag: number; shape: readonly number[]; numbers: Float32Array }>();
  let at = header.byteLength;
  for (const [i, name] of names.entries()) {
    const numbers = new Float32Array(memory, at, sizeOf(shapes[name]!));
    places.set(name, { flag: 1 + i, shape: shapes[name]!, numbers });
    at += numbers.byteLength;
  }
  return {
    handle: { shapes, memory },
    write(tensors) {
      for (const [name, { shape, dtype }] of Object.entries(tensors)) {
        const place = places.get(name);
        if (!place || place.shape.join() !== shape.join())
          throw new RangeError(`the tensor ${name} has the shape [${shape}], expected ${place ? `[${place.shape}]` : `one of ${names}`}`);
        if (dtype !== "float32") throw new TypeError(`the tensor ${name} is ${dtype}, expected float32`);
      }
      for (const [name, { flag, numbers }] of places) {
        const tensor = tensors[name];
        if (tensor) numbers.set(tensor.dataSync<"float32">());
        Atomics.store(header, flag, tensor ? 1 : 0);
      }
      // Last, so that a thread which sees the new version sees what was written before it.
      Atomics.add(header, 0, 1);
    },
    version: () => Atomics.load(header, 0),
    values(name) {
      const place = places.get(name);
      return place && Atomics.load(header, place.flag) === 1 ? place.numbers : undefined;
    },
  };
}
