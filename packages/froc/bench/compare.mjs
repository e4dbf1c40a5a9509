// Times @gleaner/froc next to compare.py, all in one run, on one made-up submission, and checks that the results agree.
//
//   pnpm build && node bench/compare.mjs [--scans 888] [--marks 500] [--samples 1000] [--loop-samples 4]
//
// Needs python3 with venv; NumPy and scikit-learn come from PyPI into a virtual environment below the cache folder (GLEANER_CACHE or
// ~/.cache/gleaner). The samples of the loop structure are few and scaled, because 1000 of them take minutes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonIn } from "../../../bench/python.mjs";
import { bootstrapFroc, cpmRates, matchFindings, summarizeFroc } from "../dist/index.js";
import { evaluateFrocFiles } from "../dist/node.js";
import { madeUpSubmission, seeded } from "./made-up-submission.mjs";

const { values } = parseArgs({
  options: {
    scans: { type: "string", default: "888" },
    marks: { type: "string", default: "500" },
    samples: { type: "string", default: "1000" },
    "loop-samples": { type: "string", default: "4" },
  },
});
const [scanCount, marksPerScan, samples, loopSamples] = [values.scans, values.marks, values.samples, values["loop-samples"]].map(Number);
const repeats = 5;

/** CPU seconds (every thread) and wall seconds: the first are what a busy machine does not spoil. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return [(user + system) / 1e6, performance.now() / 1000];
};
const since = (start) => clock().map((value, i) => value - start[i]);
const middle = (times) => [0, 1].map((i) => times.map((time) => time[i]).toSorted((a, b) => a - b)[times.length >> 1]);
const seconds = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(1)} s`;

const python = pythonIn("froc-compare", ["numpy", "scikit-learn"]);
const input = madeUpSubmission(scanCount, marksPerScan);
const folder = mkdtempSync(join(tmpdir(), "froc-compare-"));
try {
  const table = (rows, last, of) =>
    `seriesuid,coordX,coordY,coordZ,${last}\n${rows.map((r) => `${r.scan},${r.x},${r.y},${r.z},${of(r)}\n`).join("")}`;
  writeFileSync(join(folder, "seriesuids.csv"), `${input.scans.join("\n")}\n`);
  writeFileSync(
    join(folder, "annotations.csv"),
    table(input.findings, "diameter_mm", (r) => r.diameterMm),
  );
  writeFileSync(
    join(folder, "annotations_excluded.csv"),
    table(input.excluded, "diameter_mm", (r) => r.diameterMm),
  );
  writeFileSync(
    join(folder, "candidates.csv"),
    table(input.candidates, "probability", (r) => r.probability),
  );
  const random = seeded(2);
  const drawn = Int16Array.from({ length: samples * scanCount }, () => Math.floor(random() * scanCount));
  writeFileSync(join(folder, "resamples.i16"), drawn);
  const resamples = Array.from({ length: samples }, (_, i) => drawn.subarray(i * scanCount, (i + 1) * scanCount));

  const runs = Array.from({ length: repeats }, () => {
    const start = clock();
    const matches = matchFindings(input);
    const result = summarizeFroc(matches);
    const evaluate = since(start);
    const resampling = clock();
    const bootstrap = bootstrapFroc(matches, { resamples });
    return { result, bootstrap, evaluate, samples: since(resampling) };
  });
  const ours = { evaluate: middle(runs.map((r) => r.evaluate)), samples: middle(runs.map((r) => r.samples)) };
  const fileStart = clock();
  await evaluateFrocFiles({
    scans: join(folder, "seriesuids.csv"),
    annotations: join(folder, "annotations.csv"),
    excluded: join(folder, "annotations_excluded.csv"),
    candidates: join(folder, "candidates.csv"),
  });
  const fromFile = since(fileStart);

  const ask = (kind, count, times) =>
    JSON.parse(
      execFileSync(python, [fileURLToPath(new URL("compare.py", import.meta.url)), folder, kind, count, times].map(String), {
        maxBuffer: 2 ** 26,
      }),
    );
  const vectorised = ask("vectorised", samples, 3);
  const [loop] = ask("loops", loopSamples, 1);
  const numpy = { evaluate: middle(vectorised.map((r) => r.evaluate)), samples: middle(vectorised.map((r) => r.samples)) };
  const loops = { evaluate: loop.evaluate, samples: loop.samples.map((time, i) => loop.prepare[i] + (time * samples) / loopSamples) };

  // Agreement first: a fast wrong answer is no answer.
  const [{ result, bootstrap }] = runs;
  const first = bootstrapFroc(input, { resamples: resamples.slice(0, loopSamples) });
  for (const [i, rate] of cpmRates.entries()) {
    for (const [what, own, other, within] of [
      ["sensitivity", result.sensitivity[rate], vectorised[0].sensitivity[i], 1e-9],
      ["sensitivity", result.sensitivity[rate], loop.sensitivity[i], 1e-9],
      ["bootstrap mean", bootstrap.mean[rate], vectorised[0].means[i], 1e-5],
      ["bootstrap mean", first.mean[rate], loop.means[i], 1e-5],
    ]) {
      if (!(Math.abs(own - other) <= within)) throw new Error(`${what} at ${rate} is ${own} here and ${other} in Python`);
    }
  }

  const total = ({ evaluate, samples: resampled }) => evaluate.map((time, i) => time + resampled[i]);
  const reference = total(ours);
  const line = (name, run, note = "") => {
    const both = total(run);
    const cells = [run.evaluate[0], run.samples[0], both[0]].map((value) => seconds(value).padStart(11));
    const ratios = both.map((value, i) => `${(value / reference[i]).toFixed(1)} x`.padStart(10));
    return `${name.padEnd(28)}${cells.join("")}${ratios[0]}${seconds(both[1]).padStart(12)}${ratios[1]}  ${note}`;
  };
  console.log(`${scanCount} scans, ${marksPerScan} marks each, ${samples} bootstrap samples; CPM ${result.cpm.toFixed(6)} from all three`);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}\n`);
  console.log(
    `${"CPU time".padEnd(28)}${["evaluate", "bootstrap", "together"].map((name) => name.padStart(11)).join("")}     ratio   wall time     ratio`,
  );
  console.log(line("@gleaner/froc", ours, `median of ${repeats}; the first, cold run ${seconds(total(runs[0])[0])}`));
  console.log(line("NumPy, vectorised", numpy, "median of 3"));
  console.log(line("loop structure of the script", loops, `bootstrap scaled from ${loopSamples} samples`));
  console.log(`\nfrom four CSV files to a checked result: ${seconds(fromFile[0])} CPU, ${seconds(fromFile[1])} wall`);
} finally {
  rmSync(folder, { recursive: true });
}
