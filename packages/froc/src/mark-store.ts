import { orderByScore } from "./order-scores.js";

/**
 * Marks of one scan, one record of five numbers after the other, so that marks that come in any order of scans touch one place in memory each.
 * What `extra` is, the owner of the store knows: a diameter, or how many marks of one score were merged.
 */
export interface MarkStore {
  size: number;
  records: Float64Array;
}

/** Places within a record. */
export const field = { x: 0, y: 1, z: 2, score: 3, extra: 4 } as const;
/** Numbers in a record. */
export const recordSize = 5;

export const createMarkStore = (capacity = 0): MarkStore => ({ size: 0, records: new Float64Array(recordSize * capacity) });

/** Appends a mark. Small stores grow fast: a submission fills thousands of them. */
export function pushMark(store: MarkStore, x: number, y: number, z: number, score: number, extra: number): void {
  const at = recordSize * store.size++;
  if (at === store.records.length) {
    const larger = new Float64Array(Math.max(16 * recordSize, (at < 1024 * recordSize ? 4 : 2) * at));
    larger.set(store.records);
    store.records = larger;
  }
  const { records } = store;
  records[at] = x;
  records[at + 1] = y;
  records[at + 2] = z;
  records[at + 3] = score;
  records[at + 4] = extra;
}

/** One column of the marks. */
export function columnOf(
  { records, size }: MarkStore,
  place: number,
  into: Float64Array = new Float64Array(size),
  offset = 0,
): Float64Array {
  for (let i = 0, at = place; i < size; i++, at += recordSize) into[offset + i] = records[at]!;
  return into;
}

/** The score at place `rank` (0 is the highest) of the marks. */
export const scoreAtRank = (store: MarkStore, rank: number): number => columnOf(store, field.score).sort()[store.size - 1 - rank]!;

/** Keeps the marks above a score and up to `ties` of those at it, in their order. */
export function keepAbove(store: MarkStore, score: number, ties: number): void {
  const { records } = store;
  let size = 0;
  for (let i = 0; i < store.size; i++) {
    const from = recordSize * i;
    const own = records[from + field.score]!;
    if (own > score || (own === score && ties-- > 0)) records.copyWithin(recordSize * size++, from, from + recordSize);
  }
  store.size = size;
}

/** Merges marks of one score into one with the sum of their extras, then keeps the `limit` highest scores; gives the sum of what went. */
export function keepHighestScores(store: MarkStore, limit: number): number {
  const order = orderByScore(columnOf(store, field.score));
  const { records } = store;
  const kept = createMarkStore();
  let dropped = 0;
  for (const i of order) {
    const at = recordSize * i;
    const [score, extra] = [records[at + field.score]!, records[at + field.extra]!];
    const last = recordSize * (kept.size - 1);
    if (kept.size > 0 && kept.records[last + field.score] === score) kept.records[last + field.extra]! += extra;
    else if (kept.size < limit) pushMark(kept, records[at]!, records[at + field.y]!, records[at + field.z]!, score, extra);
    else dropped += extra;
  }
  store.records = kept.records;
  store.size = kept.size;
  return dropped;
}
