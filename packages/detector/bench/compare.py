"""Greedy 3D NMS in NumPy, the loop that papers' code has, to time @gleaner/detector against; bench/compare.mjs runs this.

The best box that is left is kept, its IoU with every other one that is left is computed in one operation, and those above the threshold go.

Usage: compare.py FOLDER IOU; reads boxes.f32 (rows of z0, y0, x0, z1, y1, x1) and scores.f32, writes kept.i32, prints one JSON document.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def clock():
    """CPU seconds and wall seconds: the first are what a busy machine does not spoil."""
    return np.array((time.process_time(), time.perf_counter()))


def greedy(boxes, scores, threshold):
    volumes = np.prod(boxes[:, 3:] - boxes[:, :3], axis=1)
    left = np.argsort(-scores, kind="stable")
    kept = []
    while left.size > 0:
        best, left = left[0], left[1:]
        kept.append(best)
        shared = np.minimum(boxes[best, 3:], boxes[left, 3:]) - np.maximum(boxes[best, :3], boxes[left, :3])
        shared = np.prod(np.clip(shared, 0, None), axis=1)
        left = left[shared / (volumes[best] + volumes[left] - shared) <= threshold]
    return np.array(kept, dtype=np.int32)


folder, threshold = Path(sys.argv[1]), float(sys.argv[2])
# In double precision, as JavaScript computes.
boxes = np.fromfile(folder / "boxes.f32", dtype="<f4").reshape(-1, 6).astype(np.float64)
scores = np.fromfile(folder / "scores.f32", dtype="<f4")
start = clock()
kept = greedy(boxes, scores, threshold)
cpu, wall = clock() - start
kept.astype("<i4").tofile(folder / "kept.i32")
print(json.dumps({"cpu": cpu, "wall": wall, "numpy": np.__version__, "python": sys.version.split()[0]}))
