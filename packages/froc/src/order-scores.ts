/** Indices of the scores from the highest to the lowest (equal ones in their own order) in O(n log n), without a comparator. */
export function orderByScore(scores: Float64Array): Uint32Array {
  const distinct = scores.slice().sort();
  let size = 0;
  for (let i = 0; i < distinct.length; i++) if (i === 0 || distinct[i] !== distinct[i - 1]) distinct[size++] = distinct[i]!;
  // A counting sort by the rank of the score.
  const ranks = new Uint32Array(scores.length);
  const starts = new Uint32Array(size + 1);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (distinct[middle]! < score) low = middle + 1;
      else high = middle;
    }
    const rank = size - 1 - low;
    ranks[i] = rank;
    starts[rank + 1]!++;
  }
  for (let rank = 0; rank < size; rank++) starts[rank + 1]! += starts[rank]!;
  const order = new Uint32Array(scores.length);
  for (let i = 0; i < scores.length; i++) order[starts[ranks[i]!]!++] = i;
  return order;
}
