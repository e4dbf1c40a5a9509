import {
  type AssembledFunction,
  assembleModule,
  atLeast,
  both,
  type Code,
  get,
  isGreater,
  type Local,
  minus,
  plus,
  set,
  times,
  zeros,
} from "./assembly.js";
import { type Columns, columnLoop } from "./column-loop.js";

declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, (...values: number[]) => void> };
};

/**
 * The rows of the table beside each loop, one number for each channel. `share` is 1 / positions; `floor` is 0 with ReLU and −∞ without.
 * `sum` and `product` are results.
 */
export const row = { share: 0, mean: 1, scale: 2, shift: 3, floor: 4, slope: 5, constant: 6, sum: 7, product: 8 } as const;
export const tableRows = 9;

/**
 * Loops over [positions, channels] for channels that are a multiple of 4, with a table [tableRows, channels]; pointers are bytes.
 * x̄ is x − mean, and d is dy where x̄ · scale + shift > floor, otherwise 0. Sums are of float32: ask for few positions at once.
 */
export interface NormLoops {
  /** sum = Σ x; product = Σ (x − sum · share)² */
  moments(x: number, positions: number, channels: number, table: number): void;
  /** y = max(floor, x̄ · scale + shift) */
  apply(x: number, y: number, positions: number, channels: number, table: number): void;
  /** y = max(floor, x̄ · scale + shift + residual) */
  applyAndAdd(x: number, residual: number, y: number, positions: number, channels: number, table: number): void;
  /** sum = Σ d; product = Σ d · x̄ */
  gradientSums(x: number, dy: number, positions: number, channels: number, table: number): void;
  /** dx = d · scale + x̄ · slope + constant */
  gradient(x: number, dy: number, dx: number, positions: number, channels: number, table: number): void;
  /** masked = dy where y > 0, otherwise 0 */
  mask(y: number, dy: number, masked: number, positions: number, channels: number, table: number): void;
}

const bytes = 4;

const moments = columnLoop("moments", 1, 4, ({ some, one, every, everyPosition, read, fromTable, toTable }) => {
  const [sums, means, centered] = [some(), some(), one()];
  return [
    ...every((i) => set(sums[i]!, zeros)),
    ...everyPosition((i) => set(sums[i]!, plus(get(sums[i]!), read(0, i)))),
    ...every((i) => toTable(row.sum, i, get(sums[i]!))),
    ...every((i) => set(means[i]!, times(get(sums[i]!), fromTable(row.share, i)))),
    ...every((i) => set(sums[i]!, zeros)),
    ...everyPosition((i) => [
      ...set(centered, minus(read(0, i), get(means[i]!))),
      ...set(sums[i]!, plus(get(sums[i]!), times(get(centered), get(centered)))),
    ]),
    ...every((i) => toTable(row.product, i, get(sums[i]!))),
  ];
});

/** What both directions do with a value of stream 0, so that both see the same bits. */
function affine({ some, one, every, read, fromTable }: Columns) {
  const [means, scales, shifts, floor, centered] = [some(), some(), some(), one(), one()];
  const load = (registers: Local[], index: number): Code => every((i) => set(registers[i]!, fromTable(index, i)));
  return {
    load,
    prepare: [...load(means, row.mean), ...load(scales, row.scale), ...load(shifts, row.shift), ...set(floor, fromTable(row.floor, 0))],
    center: (i: number): Code => set(centered, minus(read(0, i), get(means[i]!))),
    centered: get(centered),
    scaled: (value: Code, i: number): Code => times(value, get(scales[i]!)),
    value: (i: number): Code => plus(times(get(centered), get(scales[i]!)), get(shifts[i]!)),
    floor: get(floor),
  };
}

const applyLoop = (name: string, adds: boolean): AssembledFunction =>
  columnLoop(name, adds ? 3 : 2, 4, (columns) => {
    const { prepare, center, value, floor } = affine(columns);
    const output = adds ? 2 : 1;
    const result = (i: number): Code => (adds ? plus(value(i), columns.read(1, i)) : value(i));
    return [...prepare, ...columns.everyPosition((i) => [...center(i), ...columns.write(output, i, atLeast(result(i), floor))])];
  });

const gradientSums = columnLoop("gradientSums", 2, 2, (columns) => {
  const { prepare, center, centered, value, floor } = affine(columns);
  const { some, one, every, everyPosition, read, toTable } = columns;
  const [sums, products, d] = [some(), some(), one()];
  return [
    ...prepare,
    ...[...sums, ...products].flatMap((register) => set(register, zeros)),
    ...everyPosition((i) => [
      ...center(i),
      ...set(d, both(read(1, i), isGreater(value(i), floor))),
      ...set(sums[i]!, plus(get(sums[i]!), get(d))),
      ...set(products[i]!, plus(get(products[i]!), times(get(d), centered))),
    ]),
    ...every((i) => [...toTable(row.sum, i, get(sums[i]!)), ...toTable(row.product, i, get(products[i]!))]),
  ];
});

const gradient = columnLoop("gradient", 3, 2, (columns) => {
  const { prepare, load, center, centered, scaled, value, floor } = affine(columns);
  const [slopes, constants] = [columns.some(), columns.some()];
  return [
    ...prepare,
    ...load(slopes, row.slope),
    ...load(constants, row.constant),
    ...columns.everyPosition((i) => {
      const d = both(columns.read(1, i), isGreater(value(i), floor));
      return [...center(i), ...columns.write(2, i, plus(plus(scaled(d, i), times(centered, get(slopes[i]!))), get(constants[i]!)))];
    }),
  ];
});

const mask = columnLoop("mask", 3, 4, ({ everyPosition, read, write }) =>
  everyPosition((i) => write(2, i, both(read(1, i), isGreater(read(0, i), zeros)))),
);

/** Puts the loops on the memory of an engine. They wait for memory, not for arithmetic, so that a fused multiply-add would not help. */
export function createNormLoops(memory: { buffer: ArrayBufferLike }): NormLoops {
  const functions = [moments, applyLoop("apply", false), applyLoop("applyAndAdd", true), gradientSums, gradient, mask];
  const module = assembleModule(functions, !(memory.buffer instanceof ArrayBuffer));
  const loops = new WebAssembly.Instance(new WebAssembly.Module(module), { heap: { memory } }).exports as unknown as NormLoops;
  return {
    moments: (x, positions, channels, table) => loops.moments(x, positions, channels * bytes, table),
    apply: (x, y, positions, channels, table) => loops.apply(x, y, positions, channels * bytes, table),
    applyAndAdd: (x, residual, y, positions, channels, table) => loops.applyAndAdd(x, residual, y, positions, channels * bytes, table),
    gradientSums: (x, dy, positions, channels, table) => loops.gradientSums(x, dy, positions, channels * bytes, table),
    gradient: (x, dy, dx, positions, channels, table) => loops.gradient(x, dy, dx, positions, channels * bytes, table),
    mask: (y, dy, masked, positions, channels, table) => loops.mask(y, dy, masked, positions, channels * bytes, table),
  };
}
