import {
  type AssembledFunction,
  advance,
  type Code,
  constant,
  difference,
  each,
  get,
  isAtLeast,
  type Local,
  loadFloats,
  product,
  set,
  storeFloats,
  sum,
  whileTrue,
} from "./assembly.js";

/** Bytes of a vector. */
const lane = 16;

/** What the code of a few channels is written with: vector i holds channels 4 · i to 4 · i + 3 of them. */
export interface Columns {
  /** A register for each vector, and one for all. */
  some(): Local[];
  one(): Local;
  /** Code for each vector. */
  every(code: (i: number) => Code): Code;
  everyPosition(code: (i: number) => Code): Code;
  read(stream: number, i: number): Code;
  write(stream: number, i: number, value: Code): Code;
  fromTable(row: number, i: number): Code;
  toTable(row: number, i: number, value: Code): Code;
}

/**
 * A function (…streams, positions, step, table) over [positions, channels] for channels that are a multiple of 4: it runs `code` for `widest`
 * vectors of channels at a time, then for single ones. Streams are pointers to values, `step` the bytes from a position to the next, and the
 * table holds rows of one number for each channel.
 */
export function columnLoop(name: string, streams: number, widest: number, code: (columns: Columns) => Code): AssembledFunction {
  const parameters = streams + 3;
  const starts = each(streams, (i) => i);
  const [positions, step, table] = [streams, streams + 1, streams + 2];
  const at = each(streams, (i) => parameters + i);
  const integers = streams + 2;
  const [left, rest] = [parameters + streams, parameters + streams + 1];
  const firstVector = parameters + integers;
  let registers = 0;
  const rowAt = (index: number): Code => sum(get(table), product(get(step), constant(index)));
  const over = (vectors: number): Code => {
    let used = 0;
    const one = (): Local => {
      used++;
      registers = Math.max(registers, used);
      return firstVector + used - 1;
    };
    const every = (part: (i: number) => Code): Code => each(vectors, part).flat();
    const body = code({
      one,
      some: () => each(vectors, one),
      every,
      everyPosition: (part) => [
        ...at.flatMap((pointer, i) => set(pointer, get(starts[i]!))),
        ...set(left, get(positions)),
        ...whileTrue(get(left), [
          ...every(part),
          ...at.flatMap((pointer) => advance(pointer, get(step))),
          ...set(left, difference(get(left), constant(1))),
        ]),
      ],
      read: (stream, i) => loadFloats(get(at[stream]!), i * lane),
      write: (stream, i, value) => storeFloats(get(at[stream]!), value, i * lane),
      fromTable: (index, i) => loadFloats(rowAt(index), i * lane),
      toTable: (index, i, value) => storeFloats(rowAt(index), value, i * lane),
    });
    return whileTrue(isAtLeast(get(rest), constant(vectors * lane)), [
      ...body,
      ...[...starts, table].flatMap((pointer) => advance(pointer, constant(vectors * lane))),
      ...set(rest, difference(get(rest), constant(vectors * lane))),
    ]);
  };
  const body = [...set(rest, get(step)), ...over(widest), ...over(1)];
  return { name, parameters, integers, vectors: registers, body };
}
