import { assembleModule } from "./assembly.js";
import { correlateLoop, gradientLoop } from "./tile-loops.js";

/** What is used of WebAssembly's JavaScript interface, which browsers and Node have alike. */
declare const WebAssembly: {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, (...values: number[]) => void> };
};

/** Sums of products for the positions of one slice; pointers are bytes, everything else counts floats. */
interface Correlation {
  /** Int32: bytes from the first position's values to those of each other one. */
  offsets: number;
  positions: number;
  /** Int32: where the values of each run begin for the first position. */
  runs: number;
  runCount: number;
  runLength: number;
  /** Blocks of 8 output channels, each [runs, runLength, 8], this far apart. */
  weights: number;
  blockLength: number;
  output: number;
  outputChannels: number;
}

/** The gradient of runs that begin at a position; pointers are bytes, everything else counts floats. */
interface RunGradient {
  x: number;
  dy: number;
  dw: number;
  lines: number;
  width: number;
  /** From one position and line of x to the next. */
  xStep: number;
  xLine: number;
  runLength: number;
  outputChannels: number;
}

/** Sums of products in registers, for output channels that are a multiple of 8. */
export interface Tiles {
  /** output[position][channel] = Σ over the runs of x · weights. */
  correlate(call: Correlation): void;
  /** dw[i][channel] += Σ over lines and positions of x[line][position][i] · dy[line][position][channel] for i < runLength. */
  addGradient(call: RunGradient): void;
}

const bytes = 4;

/**
 * Puts the loops on the memory of an engine. With `fused` they use the multiply-add of relaxed SIMD, of which processors do as many in a second
 * as of multiplications alone. XNNPACK in TensorFlow.js 4.22 is compiled without it.
 */
export function createTiles(memory: { buffer: ArrayBufferLike }, fused: boolean): Tiles {
  // 6 rows of 2 registers, 2 for the right side and 1 for the left are 15 of x86's 16; a product of its own takes one more for its result.
  const rows = fused ? 6 : 4;
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const module = assembleModule(
    [
      correlateLoop("correlate", rows, fused),
      correlateLoop("correlateOne", 1, fused),
      gradientLoop("gradient", rows, fused),
      gradientLoop("gradientOne", 1, fused),
    ],
    shared,
  );
  const { correlate, correlateOne, gradient, gradientOne } = new WebAssembly.Instance(new WebAssembly.Module(module), { heap: { memory } })
    .exports as Record<"correlate" | "correlateOne" | "gradient" | "gradientOne", (...values: number[]) => void>;
  return {
    correlate({ offsets, positions, runs, runCount, runLength, weights, blockLength, output, outputChannels }) {
      const loop = positions < rows ? correlateOne : correlate;
      const [blocks, step] = [outputChannels / 8, outputChannels * bytes];
      loop(offsets, positions, runs, runCount, runLength, weights, blockLength * bytes, blocks, output, step);
    },
    addGradient({ x, dy, dw, lines, width, xStep, xLine, runLength, outputChannels }) {
      const step = outputChannels * bytes;
      const steps = [lines, width, xStep * bytes, xLine * bytes, step, width * step] as const;
      gradient(x, dy, dw, ...steps, runLength, step);
      const rest = runLength % rows;
      if (rest > 0) gradientOne(x + (runLength - rest) * bytes, dy, dw + (runLength - rest) * step, ...steps, rest, step);
    },
  };
}

/** Whether the runtime has relaxed SIMD, asked as TensorFlow.js asks for SIMD: by validating a module that uses it. */
export const hasFusedMultiplyAdd = (): boolean => WebAssembly.validate(assembleModule([gradientLoop("gradient", 1, true)], false));
