import { type DataType, env, type TensorInfo } from "@tensorflow/tfjs-core";
import { createNormLoops, type NormLoops } from "./norm-loops.js";
import { createTiles, hasFusedMultiplyAdd, type Tiles } from "./tiles.js";

/** What this package uses of the backend that @tensorflow/tfjs-backend-wasm 4 registers. */
export interface WasmBackend {
  wasm: {
    HEAPU8: Uint8Array;
    /** The engine's exports, its memory among them, or where it has threads the memory that it was given. */
    asm?: { memory?: { buffer: ArrayBufferLike } };
    wasmMemory?: { buffer: ArrayBufferLike };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    cwrap(name: string, returns: null, takes: string[]): (...values: (number | Uint8Array)[]) => void;
    tfjs: { registerTensor(id: number, size: number, pointer: number): void; disposeData(id: number): void };
  };
  dataIdNextNumber: number;
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  incRef(dataId: object): void;
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
}

/** One call of XNNPACK's 2D convolution; sizes in elements, pads at least 0. */
export interface Convolution2d {
  images: number;
  height: number;
  width: number;
  inputChannels: number;
  outputChannels: number;
  taps: [number, number];
  strides: [number, number];
  dilations: [number, number];
  /** top, right, bottom, left */
  pads: [number, number, number, number];
}

/** output = input · scale + shift for each channel, then perhaps ReLU, on [positions, channels]. */
interface ScaleShift {
  input: number;
  scale: number;
  shift: number;
  output: number;
  positions: number;
  channels: number;
  relu?: boolean;
}

/**
 * Typed access to the memory of one WASM engine, and the few of its compiled functions that everything here is made of.
 * Pointers are byte offsets. A view from `floats` is stale after the next `allocate` or compiled call, because memory may have grown: ask again.
 */
export interface Heap {
  /** Loops of our own on the same memory; none where there is no SIMD, or where the engine hides its memory. */
  tiles: Tiles | undefined;
  norms: NormLoops | undefined;
  pointer(tensor: TensorInfo): number;
  /** A tensor with whatever the memory held. */
  output(shape: number[], dtype?: DataType): TensorInfo;
  /** A tensor of its own on the same values. */
  share(tensor: TensorInfo): TensorInfo;
  floats(pointer: number, count: number): Float32Array;
  integers(pointer: number, count: number): Int32Array;
  /** The values of a tensor, in place; as stale as `floats` later. */
  values(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** Runs `work` with a function that allocates floats; all are freed when it ends, also by an error. */
  withScratch<T>(work: (allocate: (count: number) => number) => T): T;
  convolve2d(input: number, filter: number, output: number, call: Convolution2d): void;
  /** target = a + b; the target may be one of them, here and below. */
  add(a: number, b: number, target: number, count: number): void;
  /** target = a · b */
  multiply(a: number, b: number, target: number, count: number): void;
  /** target = 1 where source > 0, otherwise 0. */
  step(source: number, target: number, count: number): void;
  scaleShift(call: ScaleShift): void;
  /** [rows, inner] · [inner, columns] for several left sides; the right one is packed once. */
  multiplyAll(lefts: { left: number; output: number }[], right: number, rows: number, inner: number, columns: number): void;
}

const shapeBytes = (...shape: number[]): Uint8Array => new Uint8Array(new Int32Array(shape).buffer);
const bytesPerFloat = 4;
const padsAreExplicit = 0;
const float32 = 0;
const [linear, relu] = [0, 1];
const noTensor = 0;
const zeroBelow = 0;

/** Our loops on the memory of an engine that was loaded with SIMD. */
function loopsOf({ asm, wasmMemory, HEAPU8 }: WasmBackend["wasm"]): Pick<Heap, "tiles" | "norms"> {
  const memory = asm?.memory ?? wasmMemory;
  return memory?.buffer === HEAPU8.buffer && env().getBool("WASM_HAS_SIMD_SUPPORT")
    ? { tiles: createTiles(memory, hasFusedMultiplyAdd()), norms: createNormLoops(memory) }
    : { tiles: undefined, norms: undefined };
}

/** Makes the heap of a backend; one for each backend, because the compiled functions belong to it. */
export function createHeap(backend: WasmBackend): Heap {
  const { wasm } = backend;
  const numbers = (count: number): string[] => Array<string>(count).fill("number");
  const operands = ["number", "array", "number", "number", "array", "number"];
  const conv2d = wasm.cwrap("Conv2D", null, numbers(19));
  const add = wasm.cwrap("Add", null, [...operands, "number", "number"]);
  const multiply = wasm.cwrap("Multiply", null, [...operands, "number", "number"]);
  const step = wasm.cwrap("Step", null, numbers(4));
  const depthwise = wasm.cwrap("FusedDepthwiseConv2D", null, numbers(23));
  const matMul = wasm.cwrap("BatchMatMul", null, [...operands, "number", "number", "number"]);

  // XNNPACK's operators are cached by tensor id and dropped with it, so every view gets an id of its own and none outlives its call.
  const withViews = (sizes: [pointer: number, count: number][], call: (...ids: number[]) => void): void => {
    const ids = sizes.map(([pointer, count]) => {
      const id = backend.dataIdNextNumber++;
      wasm.tfjs.registerTensor(id, count, pointer);
      return id;
    });
    try {
      call(...ids);
    } finally {
      for (const id of ids) wasm.tfjs.disposeData(id);
    }
  };

  const elementwise = (run: typeof add, a: number, b: number, target: number, count: number): void => {
    const shape = shapeBytes(count);
    withViews(
      [
        [a, count],
        [b, count],
        [target, count],
      ],
      (first, second, result) => run(first!, shape, 1, second!, shape, 1, float32, result!),
    );
  };

  return {
    ...loopsOf(wasm),
    pointer: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = "float32") => backend.makeOutput(shape, dtype),
    share(tensor) {
      backend.incRef(tensor.dataId);
      return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
    },
    floats: (pointer, count) => new Float32Array(wasm.HEAPU8.buffer, pointer, count),
    integers: (pointer, count) => new Int32Array(wasm.HEAPU8.buffer, pointer, count),
    values: (tensor) => backend.typedArrayFromHeap(tensor),
    withScratch(work) {
      const pointers: number[] = [];
      try {
        return work((count) => {
          // Above 2 GB malloc's answer is negative unless it is read as unsigned.
          const pointer = wasm._malloc(Math.max(count, 1) * bytesPerFloat) >>> 0;
          if (pointer === 0) throw new RangeError(`WASM memory has no room for ${count} more floats; use a smaller batch or patch.`);
          pointers.push(pointer);
          return pointer;
        });
      } finally {
        for (const pointer of pointers) wasm._free(pointer);
      }
    },
    convolve2d(input, filter, output, call) {
      const { images, height, width, inputChannels, outputChannels, taps, strides, dilations, pads } = call;
      const [top, right, bottom, left] = pads;
      const reach = (size: number, axis: 0 | 1, padding: number): number =>
        Math.floor((size + padding - (taps[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
      const outputCount = images * reach(height, 0, top + bottom) * reach(width, 1, left + right) * outputChannels;
      withViews(
        [
          [input, images * height * width * inputChannels],
          [filter, taps[0] * taps[1] * inputChannels * outputChannels],
          [output, outputCount],
        ],
        (x, w, y) =>
          conv2d(
            x!,
            images,
            height,
            width,
            w!,
            ...taps,
            ...pads,
            padsAreExplicit,
            ...dilations,
            ...strides,
            inputChannels,
            outputChannels,
            y!,
          ),
      );
    },
    add: (a, b, target, count) => elementwise(add, a, b, target, count),
    multiply: (a, b, target, count) => elementwise(multiply, a, b, target, count),
    step(source, target, count) {
      withViews(
        [
          [source, count],
          [target, count],
        ],
        (x, y) => step(x!, zeroBelow, float32, y!),
      );
    },
    scaleShift(call) {
      const { positions, channels } = call;
      withViews(
        [
          [call.input, positions * channels],
          [call.scale, channels],
          [call.shift, channels],
          [call.output, positions * channels],
        ],
        // A depthwise 1 × 1 convolution: XNNPACK has a loop for just this.
        (x, scale, shift, y) =>
          depthwise(
            x!,
            ...[1, positions, 1],
            ...[scale!, 1, 1, shift!],
            ...[0, 0, 0, 0, padsAreExplicit],
            ...[1, 1, 1, 1],
            channels,
            channels,
            call.relu ? relu! : linear!,
            noTensor,
            0,
            y!,
          ),
      );
    },
    multiplyAll(lefts, right, rows, inner, columns) {
      const leftShape = shapeBytes(1, rows, inner);
      const rightShape = shapeBytes(1, inner, columns);
      withViews([[right, inner * columns]], (b) => {
        for (const { left, output } of lefts) {
          withViews(
            [
              [left, rows * inner],
              [output, rows * columns],
            ],
            (a, y) => matMul(a!, leftShape, 3, b!, rightShape, 3, 0, 0, y!),
          );
        }
      });
    },
  };
}
