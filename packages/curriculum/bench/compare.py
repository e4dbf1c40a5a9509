"""Steps of curriculum pseudo-labeling in Python, twice, to time @gleaner/curriculum against; bench/compare.mjs runs this.

`counter` has the structure of FlexMatch's own program: a buffer of the class of every sample, which a Counter goes through at each step.
`bincount` is what one would write with NumPy: the same recount as one vectorised operation.

Usage: compare.py FOLDER counter|bincount UNLABELED CLASSES BATCH STEPS REPEATS; prints one JSON document.
"""

import json
import sys
import time
import tracemalloc
from collections import Counter

import numpy as np

TAU = 0.95


def by_counter(labels, classes):
    counts = Counter(labels.tolist())
    largest = max(counts.values())
    return np.array([counts[c] / largest for c in range(classes)])


def by_bincount(labels, classes):
    counts = np.bincount(labels + 1, minlength=classes + 1)
    return counts[1:] / counts.max()


def run(beta_of, labels, batches, classes):
    """All steps; how many predictions were selected, and the thresholds at the end."""
    selected = 0
    for indices, confidences, predicted in batches:
        beta = beta_of(labels, classes)
        thresholds = beta / (2 - beta) * TAU
        selected += int((confidences >= thresholds[predicted]).sum())
        confident = confidences >= TAU
        labels[indices[confident]] = predicted[confident]
    beta = beta_of(labels, classes)
    return selected, (beta / (2 - beta) * TAU).tolist()


def main(folder, kind, unlabeled, classes, batch, steps, repeats):
    beta_of = {"counter": by_counter, "bincount": by_bincount}[kind]

    def start():
        # 64-bit, as PyTorch keeps labels.
        return np.fromfile(f"{folder}/labels.i32", dtype="int32").astype("int64")

    def column(name, kept, used):
        return np.fromfile(f"{folder}/{name}", dtype=kept)[: steps * batch].reshape(steps, batch).astype(used)

    columns = [column("indices.i32", "int32", "int64"), column("confidences.f32", "float32", "float64"), column("classes.i32", "int32", "int64")]
    batches = list(zip(*columns))
    runs = []
    for _ in range(repeats):
        labels = start()
        assert len(labels) == unlabeled
        cpu, wall = time.process_time(), time.perf_counter()
        selected, thresholds = run(beta_of, labels, batches, classes)
        runs.append([(time.process_time() - cpu) / steps, (time.perf_counter() - wall) / steps])
    labels = start()
    tracemalloc.start()
    run(beta_of, labels, batches[:1], classes)
    extra = tracemalloc.get_traced_memory()[1]
    print(json.dumps({"runs": runs, "selected": selected, "thresholds": thresholds, "held": labels.nbytes, "extra": extra}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
