"""The rules of the LUNA16 evaluation in Python, twice, to time @gleaner/froc against; bench/compare.mjs runs this.

`loops` has the structure of the script that LUNA16 published: every scan goes through all rows of the submission and compares strings, marks and
annotations are compared pair by pair, and every bootstrap sample is put together scan by scan before scikit-learn draws its curve.
`vectorised` is what one would write today with NumPy: identifiers become numbers once, pairs of marks and findings are compared in one operation,
scores are sorted once, and a bootstrap sample is a vector of weights.

Usage: compare.py FOLDER loops|vectorised SAMPLES [REPEATS]; prints one JSON document.
"""

import csv
import json
import math
import sys
import time

import numpy as np
from sklearn.metrics import roc_curve

def clock():
    """CPU seconds and wall seconds: the first are what a busy machine does not spoil."""
    return np.array((time.process_time(), time.perf_counter()))


RATES = np.array([0.125, 0.25, 0.5, 1, 2, 4, 8])
CAP = 100


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


# ---------------------------------------------------------------- loops


def froc_of(truth, scores, scans, missed):
    """Curve of entries: 1 for a finding, 0 for a false positive; missed findings count in the denominator only."""
    kept_truth, kept_scores = [], []
    for i in range(len(truth)):
        if not missed[i]:
            kept_truth.append(truth[i])
            kept_scores.append(scores[i])
    found = sum(kept_truth)
    false_rate, true_rate, _ = roc_curve(kept_truth, kept_scores, pos_label=1)
    if sum(truth) == len(truth):
        per_scan = np.zeros(len(false_rate))
    else:
        per_scan = false_rate * (len(kept_truth) - found) / scans
    return per_scan, true_rate * found / sum(truth)


def loops(folder, samples):
    scans = [row[0] for row in rows_of(f"{folder}/seriesuids.csv")]
    annotations = rows_of(f"{folder}/annotations.csv")
    excluded = rows_of(f"{folder}/annotations_excluded.csv")
    submission = rows_of(f"{folder}/candidates.csv")
    resamples = np.fromfile(f"{folder}/resamples.i16", dtype="int16").reshape(-1, len(scans))

    start = clock()
    findings = {}
    for scan in scans:
        own = []
        for kind, table in (("in", annotations), ("out", excluded)):
            for row in table[1:]:
                if row[0] == scan:
                    own.append((kind, *[float(value) for value in row[1:5]]))
        findings[scan] = own
    candidates = {}
    for scan in scans:
        own = {}
        for row in submission[1:]:
            if row[0] == scan:
                own[len(own)] = tuple(row[1:5])
        if len(own) > CAP:
            probabilities = sorted((float(mark[3]) for mark in own.values()), reverse=True)
            own = {key: mark for key, mark in own.items() if float(mark[3]) > probabilities[CAP]}
        candidates[scan] = own

    truth, scores, entry_scans, missed = [], [], [], []
    for scan in scans:
        marks = candidates[scan]
        left = marks.copy()
        for kind, x, y, z, diameter in findings[scan]:
            if diameter < 0:
                diameter = 10.0
            radius_squared = pow(diameter / 2.0, 2.0)
            matches = []
            for key, mark in marks.items():
                distance = math.pow(x - float(mark[0]), 2) + math.pow(y - float(mark[1]), 2) + math.pow(z - float(mark[2]), 2)
                if distance < radius_squared:
                    if kind == "in":
                        matches.append(float(mark[3]))
                    left.pop(key, None)
            if kind == "in":
                truth.append(1.0)
                scores.append(max(matches) if matches else -1e9)
                entry_scans.append(scan)
                missed.append(not matches)
        for mark in left.values():
            truth.append(0.0)
            scores.append(float(mark[3]))
            entry_scans.append(scan)
            missed.append(False)
    per_scan, sensitivity = froc_of(truth, scores, len(scans), missed)
    at_rates = np.interp(RATES, per_scan, sensitivity)
    evaluated = clock()

    entries = np.array([truth, scores, missed], dtype=float)
    by_scan = {}
    for i, scan in enumerate(entry_scans):
        entry = entries[:, i : i + 1]
        by_scan[scan] = np.concatenate((by_scan[scan], entry), axis=1) if scan in by_scan else entry
    prepared = clock()
    grid = np.linspace(0.125, 8, 10000)
    curves = np.zeros((samples, len(grid)), dtype="float32")
    for number in range(samples):
        sample = None
        for index in resamples[number]:
            scan = scans[index]
            if scan in by_scan:
                sample = by_scan[scan] if sample is None else np.concatenate((sample, by_scan[scan]), axis=1)
        curves[number] = np.interp(grid, *froc_of(sample[0], sample[1], len(scans), sample[2]))
    sampled = clock()
    nearest = [int(np.argmin(np.abs(grid - rate))) for rate in RATES]
    return {
        "evaluate": (evaluated - start).tolist(),
        "prepare": (prepared - evaluated).tolist(),
        "samples": (sampled - prepared).tolist(),
        "sensitivity": at_rates.tolist(),
        "means": curves.mean(axis=0, dtype=float)[nearest].tolist(),
    }


# ----------------------------------------------------------- vectorised


def table_of(rows):
    body = rows[1:]
    return np.array([row[0] for row in body]), np.array([row[1:5] for row in body], dtype=float)


def on_findings(mark_scan, marks, finding_scan, findings, scan_count):
    """Pairs (mark, finding) of one scan that are closer than the radius; both sides are sorted by scan."""
    finding_counts = np.bincount(finding_scan, minlength=scan_count)
    first = np.concatenate(([0], np.cumsum(finding_counts)[:-1]))
    repeats = finding_counts[mark_scan]
    mark = np.repeat(np.arange(len(mark_scan)), repeats)
    within = np.arange(len(mark)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    finding = first[mark_scan[mark]] + within
    diameter = np.where(findings[:, 3] < 0, 10.0, findings[:, 3])
    hit = ((marks[mark, :3] - findings[finding, :3]) ** 2).sum(axis=1) < (diameter[finding] / 2) ** 2
    return mark[hit], finding[hit]


def vectorised(folder, samples):
    scans = np.array([row[0] for row in rows_of(f"{folder}/seriesuids.csv")])
    tables = [table_of(rows_of(f"{folder}/{name}.csv")) for name in ("annotations", "annotations_excluded", "candidates")]
    resamples = np.fromfile(f"{folder}/resamples.i16", dtype="int16").reshape(-1, len(scans))

    start = clock()
    order = np.argsort(scans)

    def numbered(ids, values):
        place = np.minimum(np.searchsorted(scans, ids, sorter=order), len(scans) - 1)
        scan = order[place]
        known = scans[scan] == ids
        scan, values = scan[known], values[known]
        by_scan = np.argsort(scan, kind="stable")
        return scan[by_scan], values[by_scan]

    (nodule_scan, nodules), (other_scan, others), (mark_scan, marks) = (numbered(*table) for table in tables)
    # The cap: within a scan by falling probability, everything above the 101st stays.
    ranked = np.lexsort((-marks[:, 3], mark_scan))
    counts = np.bincount(mark_scan, minlength=len(scans))
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    edge = np.full(len(scans), -np.inf)
    many = counts > CAP
    edge[many] = marks[ranked[firsts[many] + CAP], 3]
    kept = marks[:, 3] > edge[mark_scan]
    mark_scan, marks = mark_scan[kept], marks[kept]
    mark, nodule = on_findings(mark_scan, marks, nodule_scan, nodules, len(scans))
    best = np.full(len(nodules), -np.inf)
    np.maximum.at(best, nodule, marks[mark, 3])
    false_positive = np.ones(len(marks), dtype=bool)
    false_positive[mark] = False
    false_positive[on_findings(mark_scan, marks, other_scan, others, len(scans))[0]] = False
    found = best > -np.inf

    scores = np.concatenate((best[found], marks[false_positive, 3]))
    entry_scan = np.concatenate((nodule_scan[found], mark_scan[false_positive]))
    is_found = np.concatenate((np.ones(found.sum()), np.zeros(false_positive.sum())))
    falling = np.argsort(-scores, kind="stable")
    scores, entry_scan, is_found = scores[falling], entry_scan[falling], is_found[falling].astype(bool)
    steps = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    nodule_counts = np.bincount(nodule_scan, minlength=len(scans))
    found_scan, false_scan = entry_scan[is_found], entry_scan[~is_found]
    found_steps, false_steps = np.cumsum(is_found)[steps], np.cumsum(~is_found)[steps]

    def curve(weights):
        true = np.concatenate(([0], np.cumsum(weights[found_scan])))[found_steps]
        false = np.concatenate(([0], np.cumsum(weights[false_scan])))[false_steps]
        per_scan = false / false[-1] * false[-1] / len(scans) if false[-1] else np.zeros(len(false))
        sensitivity = true / true[-1] * true[-1] / (weights @ nodule_counts)
        return np.concatenate(([0], per_scan)), np.concatenate(([0], sensitivity))

    at_rates = np.interp(RATES, *curve(np.ones(len(scans))))
    evaluated = clock()

    # As many places as @gleaner/froc computes: the seven rates and a band of 97.
    step = (8 - 0.125) / 9999
    places = np.concatenate((RATES, 0.125 * 2 ** (np.arange(97) / 16)))
    grid = np.rint((places - 0.125) / step) * step + 0.125
    curves = np.empty((samples, len(grid)), dtype="float32")
    for number in range(samples):
        curves[number] = np.interp(grid, *curve(np.bincount(resamples[number], minlength=len(scans))))
    np.sort(curves, axis=0)
    sampled = clock()
    return {
        "evaluate": (evaluated - start).tolist(),
        "prepare": [0, 0],
        "samples": (sampled - evaluated).tolist(),
        "sensitivity": at_rates.tolist(),
        "means": curves[:, :7].mean(axis=0, dtype=float).tolist(),
    }


if __name__ == "__main__":
    folder, kind, samples = sys.argv[1], sys.argv[2], int(sys.argv[3])
    repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    work = {"loops": loops, "vectorised": vectorised}[kind]
    print(json.dumps([work(folder, samples) for _ in range(repeats)]))
