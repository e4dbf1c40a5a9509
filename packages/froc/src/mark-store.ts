import { orderByScore } from "./order-scores.js";

/** Marks of one scan in columns that grow. `count` is above 1 where marks of one score were merged. */
export interface MarkStore {
  size: number;
  x: Float64Array;
  y: Float64Array;
  z: Float64Array;
  score: Float64Array;
  diameterMm: Float64Array;
  count: Uint32Array;
}

export const createMarkStore = (capacity: number): MarkStore => ({
  size: 0,
  x: new Float64Array(capacity),
  y: new Float64Array(capacity),
  z: new Float64Array(capacity),
  score: new Float64Array(capacity),
  diameterMm: new Float64Array(capacity),
  count: new Uint32Array(capacity),
});

const grown = <T extends Float64Array | Uint32Array>(column: T, capacity: number): T => {
  const larger = new (column.constructor as new (length: number) => T)(capacity);
  larger.set(column);
  return larger;
};

/** Appends a mark, doubling the columns when they are full. */
export function pushMark(store: MarkStore, x: number, y: number, z: number, score: number, diameterMm: number): void {
  const i = store.size++;
  if (i === store.score.length) {
    const capacity = Math.max(16, 2 * i);
    store.x = grown(store.x, capacity);
    store.y = grown(store.y, capacity);
    store.z = grown(store.z, capacity);
    store.score = grown(store.score, capacity);
    store.diameterMm = grown(store.diameterMm, capacity);
    store.count = grown(store.count, capacity);
  }
  store.x[i] = x;
  store.y[i] = y;
  store.z[i] = z;
  store.score[i] = score;
  store.diameterMm[i] = diameterMm;
  store.count[i] = 1;
}

function moveMark(store: MarkStore, from: number, to: number): void {
  store.x[to] = store.x[from]!;
  store.y[to] = store.y[from]!;
  store.z[to] = store.z[from]!;
  store.score[to] = store.score[from]!;
  store.diameterMm[to] = store.diameterMm[from]!;
  store.count[to] = store.count[from]!;
}

/** The score at place `rank` (0 is the highest) of the marks. */
export const scoreAtRank = (store: MarkStore, rank: number): number => store.score.slice(0, store.size).sort()[store.size - 1 - rank]!;

/** Keeps the marks above a score and up to `ties` of those at it, in their order. */
export function keepAbove(store: MarkStore, score: number, ties: number): void {
  let size = 0;
  for (let i = 0; i < store.size; i++) {
    const own = store.score[i]!;
    if (own > score || (own === score && ties-- > 0)) moveMark(store, i, size++);
  }
  store.size = size;
}

/** Merges marks of one score into one that counts for all, then keeps the `limit` highest scores; gives the marks that went. */
export function keepHighestScores(store: MarkStore, limit: number): number {
  const order = orderByScore(store.score.slice(0, store.size));
  const kept = createMarkStore(Math.max(2 * limit, 16));
  let dropped = 0;
  for (const i of order) {
    const count = store.count[i]!;
    if (kept.size > 0 && kept.score[kept.size - 1] === store.score[i]) kept.count[kept.size - 1]! += count;
    else if (kept.size < limit) {
      pushMark(kept, store.x[i]!, store.y[i]!, store.z[i]!, store.score[i]!, store.diameterMm[i]!);
      kept.count[kept.size - 1] = count;
    } else dropped += count;
  }
  Object.assign(store, kept);
  return dropped;
}
