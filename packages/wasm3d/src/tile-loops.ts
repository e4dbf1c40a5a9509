import {
  type AssembledFunction,
  advance,
  type Code,
  constant,
  difference,
  each,
  get,
  isAtLeast,
  isLess,
  type Local,
  loadFloats,
  loadInteger,
  loadRepeated,
  multiplyAdd,
  product,
  set,
  storeFloats,
  sum,
  when,
  whileTrue,
  zeros,
} from "./assembly.js";

/** Output channels of a tile: two registers of four floats. */
export const tileColumns = 8;

const bytes = 4;

/** Numbers the variables of a function one after the other. */
function variables(parameters: number) {
  let next = parameters;
  return {
    some: (count: number): Local[] => each(count, () => next++),
    count: (): number => next,
  };
}

/** The registers of one tile: the sums of `rows` positions or channels and 8 output channels, and what one step of the sums needs. */
function tile(local: ReturnType<typeof variables>, rows: number, fused: boolean) {
  const sums = each(rows, () => local.some(2) as [Local, Local]);
  const right = local.some(2) as [Local, Local];
  const [left] = local.some(1) as [Local];
  return {
    sums,
    clear: sums.flat().flatMap((register) => set(register, zeros)),
    /** Adds the products of one number of each row, repeated, with the 8 numbers at `address`. */
    step: (rowAt: (row: number) => Code, rowOffset: (row: number) => number, address: Code, offset: number): Code => [
      ...right.flatMap((register, half) => set(register, loadFloats(address, offset + half * 16))),
      ...sums.flatMap((pair, row) => [
        ...set(left, loadRepeated(rowAt(row), rowOffset(row))),
        ...pair.flatMap((register, half) => set(register, multiplyAdd(get(left), get(right[half]!), get(register), fused))),
      ]),
    ],
    load: (row: number, address: Code): Code => sums[row]!.flatMap((register, half) => set(register, loadFloats(address, half * 16))),
    store: (row: number, address: Code): Code => sums[row]!.flatMap((register, half) => storeFloats(address, get(register), half * 16)),
  };
}

/** Steps of a sum that are written out before the loop's counter is looked at. */
const unrolled = 4;

/**
 * y[position][column] = Σ over runs and over i < length of x[run + offsets[position] + i] · weights[block][run][i][column]. The last tile begins
 * where it ends with the last position, so `count` must be at least `rows`.
 */
export function correlateLoop(name: string, rows: number, fused: boolean): AssembledFunction {
  const [offsets, count, runs, runCount, length, weights, blockBytes, blocks, y, yStep] = each(10, (i) => i) as [
    ...[Local, Local, Local, Local, Local, Local, Local, Local, Local, Local],
  ];
  const local = variables(10);
  const [next, from, run, weight, left, target, start] = local.some(7) as [Local, Local, Local, Local, Local, Local, Local];
  const bases = local.some(rows);
  const reads = local.some(rows);
  const integers = local.count() - 10;
  const { clear, step, store } = tile(local, rows, fused);
  const steps = (times: number): Code => [
    ...each(times, (i) =>
      step(
        (row) => get(reads[row]!),
        () => i * bytes,
        get(weight),
        i * tileColumns * bytes,
      ),
    ).flat(),
    ...reads.flatMap((read) => advance(read, constant(times * bytes))),
    ...advance(weight, constant(times * tileColumns * bytes)),
    ...set(left, difference(get(left), constant(times))),
  ];
  const oneRun: Code = [
    ...set(start, loadInteger(get(run))),
    ...reads.flatMap((read, row) => set(read, sum(get(bases[row]!), get(start)))),
    ...set(left, get(length)),
    ...whileTrue(isAtLeast(get(left), constant(unrolled)), steps(unrolled)),
    ...whileTrue(get(left), steps(1)),
    ...advance(run, constant(bytes)),
  ];
  const oneTile: Code = [
    // `from` is the first position of the tile.
    ...set(from, get(next)),
    ...when(isLess(difference(get(count), constant(rows)), get(from)), set(from, difference(get(count), constant(rows)))),
    ...set(start, sum(get(offsets), product(get(from), constant(bytes)))),
    ...bases.flatMap((base, row) => set(base, loadInteger(get(start), row * bytes))),
    ...clear,
    ...set(weight, get(weights)),
    ...set(run, get(runs)),
    // Addresses above 2 GB are negative, so that only equality is asked of them.
    ...whileTrue(difference(get(run), sum(get(runs), product(get(runCount), constant(bytes)))), oneRun),
    ...set(target, sum(get(y), product(get(from), get(yStep)))),
    ...each(rows, (row) => [...store(row, get(target)), ...advance(target, get(yStep))]).flat(),
    ...advance(next, constant(rows)),
  ];
  const body: Code = whileTrue(get(blocks), [
    ...set(next, constant(0)),
    ...whileTrue(isLess(get(next), get(count)), oneTile),
    ...advance(weights, get(blockBytes)),
    ...advance(y, constant(tileColumns * bytes)),
    ...set(blocks, difference(get(blocks), constant(1))),
  ]);
  return { name, parameters: 10, integers, vectors: local.count() - 10 - integers, body };
}

/**
 * dw[row][column] += Σ over lines and positions of x[line][position][row] · dy[line][position][column], for the first rows that fill tiles of
 * `rows`; columns are a multiple of 8. Steps are bytes from a position or line to the next.
 */
export function gradientLoop(name: string, rows: number, fused: boolean): AssembledFunction {
  const [x, dy, dw, lines, width, xStep, xLine, dyStep, dyLine, length, columnBytes] = each(11, (i) => i) as [
    ...[Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local],
  ];
  const local = variables(11);
  const [column, line, position, xRow, dyRow, xAt, dyAt, target] = local.some(8) as [
    ...[Local, Local, Local, Local, Local, Local, Local, Local],
  ];
  const integers = local.count() - 11;
  const { sums, load, step, store } = tile(local, rows, fused);
  const everyRow = (use: (row: number) => Code): Code => [
    ...set(target, sum(get(dw), get(column))),
    ...sums.flatMap((_, row) => [...use(row), ...advance(target, get(columnBytes))]),
  ];
  const onePosition: Code = [
    ...step(
      () => get(xAt),
      (row) => row * bytes,
      get(dyAt),
      0,
    ),
    ...advance(xAt, get(xStep)),
    ...advance(dyAt, get(dyStep)),
    ...set(position, difference(get(position), constant(1))),
  ];
  const oneLine: Code = [
    ...set(xAt, get(xRow)),
    ...set(dyAt, get(dyRow)),
    ...set(position, get(width)),
    ...whileTrue(get(position), onePosition),
    ...advance(xRow, get(xLine)),
    ...advance(dyRow, get(dyLine)),
    ...set(line, difference(get(line), constant(1))),
  ];
  const oneTile: Code = [
    ...everyRow((row) => load(row, get(target))),
    ...set(xRow, get(x)),
    ...set(dyRow, sum(get(dy), get(column))),
    ...set(line, get(lines)),
    ...whileTrue(get(line), oneLine),
    ...everyRow((row) => store(row, get(target))),
    ...advance(column, constant(tileColumns * bytes)),
  ];
  const body: Code = whileTrue(isAtLeast(get(length), constant(rows)), [
    ...set(column, constant(0)),
    ...whileTrue(isLess(get(column), get(columnBytes)), oneTile),
    ...advance(x, constant(rows * bytes)),
    ...advance(dw, product(get(columnBytes), constant(rows))),
    ...set(length, difference(get(length), constant(rows))),
  ]);
  return { name, parameters: 11, integers, vectors: local.count() - 11 - integers, body };
}
