import { keepAbove, keepHighestScores, type MarkStore, scoreAtRank } from "./mark-store.js";

/** So many false positives are held before those that no curve needs are looked for. */
const unhurried = 2 ** 20;

/**
 * Lets go of false positives that lie beyond a horizon (false positives per scan) on the curve of every bootstrap sample:
 *
 * - A sample that draws a scan w ≥ 1 times has passed `horizon · scans` within `horizon · scans / w + 1` of the scan's highest marks, so more than
 *   `horizon · scans + 1` of one scan are never needed.
 * - If every scan has more than `horizon` marks at or above a score, every sample has more than `horizon · scans` of them (its weights sum to
 *   `scans`), so nothing below that score is needed.
 */
export function createTrimmer(horizon: number, scans: number): (grown: MarkStore, all: readonly { falsePositives: MarkStore }[]) => void {
  if (horizon === Number.POSITIVE_INFINITY) return () => undefined;
  const perScan = Math.floor(horizon * scans) + 1;
  const rank = Math.floor(horizon);
  let held = 0;
  let limit = unhurried;
  return (grown, all) => {
    held++;
    if (grown.size > 2 * perScan) {
      const before = grown.size;
      keepHighestScores(grown, perScan);
      held -= before - grown.size;
    }
    if (held <= limit) return;
    let floor = Number.POSITIVE_INFINITY;
    // Merged marks count once here, which only makes the floor lower than it could be.
    for (const { falsePositives: store } of all)
      floor = Math.min(floor, store.size > rank ? scoreAtRank(store, rank) : Number.NEGATIVE_INFINITY);
    held = 0;
    for (const { falsePositives: store } of all) {
      keepAbove(store, floor, store.size);
      held += store.size;
    }
    limit = Math.max(unhurried, 2 * held);
  };
}
