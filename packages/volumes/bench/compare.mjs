// Reads every volume below GLEANER_DATA with @gleaner/volumes and with SimpleITK, nibabel, pydicom and pynrrd, prints every difference of a
// voxel or of the geometry, then times reading and resampling next to SimpleITK, all in one run.
//
//   GLEANER_DATA=DIR pnpm --filter @gleaner/volumes bench [--only NAME] [--no-times] [--repeats 5]
//
// Needs python3 with venv; the libraries come from PyPI into a virtual environment below the cache folder (GLEANER_CACHE or ~/.cache/gleaner).
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonIn } from "../../../bench/python.mjs";
import { cropVolume, isVolumeError, resampleVolume, voxelToWorld, worldToVoxel } from "../dist/index.js";
import { readVolume, writeVolume } from "../dist/node.js";
import { excuseOf, idleRows } from "./known.mjs";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, "no-times": { type: "boolean" }, repeats: { type: "string", default: "5" } },
  allowPositionals: true,
});
const data = process.env.GLEANER_DATA;
if (!data) throw new Error("GLEANER_DATA is not set, expected the folder of real scans");
const script = fileURLToPath(new URL("compare.py", import.meta.url));

function pythonWithReaders() {
  const packages = ["numpy", "SimpleITK", "nibabel", "pydicom", "pynrrd", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg"];
  const python = pythonIn("volumes-compare", packages);
  const versions = execFileSync(python, ["-m", "pip", "list", "--format=json"], { encoding: "utf8" });
  const wanted = new Set(packages.slice(0, 5).map((name) => name.toLowerCase()));
  const named = JSON.parse(versions).filter(({ name }) => wanted.has(name.toLowerCase()));
  return { python, versions: named.map(({ name, version }) => `${name} ${version}`).join(", ") };
}

/** Everything that may be a volume: files by their ending, folders of DICOM files, and single DICOM files that are no series. */
function* candidates(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name));
  const isDicom = (name) => /\.dcm$/i.test(name) || readFileSync(join(folder, name)).subarray(128, 132).toString("latin1") === "DICM";
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  const dicom = /dicom|dcm/i.test(folder) ? files.filter(isDicom) : [];
  const oneSeries = !/dicom_(transfer_syntaxes|misc)|lungmask_dcm/.test(folder);
  if (dicom.length > 0 && oneSeries) yield { path: folder, readers: ["SimpleITK", "pydicom"] };
  else for (const name of dicom) yield { path: join(folder, name), readers: ["SimpleITK", "pydicom"] };
  for (const name of files) {
    const path = join(folder, name);
    if (/\.mh[ad]$/i.test(name)) yield { path, readers: ["SimpleITK"] };
    else if (/\.(nii(\.gz)?|img)$/i.test(name)) yield { path, readers: ["SimpleITK", "nibabel"] };
    else if (/\.(nrrd|nhdr)$/i.test(name)) yield { path, readers: ["SimpleITK", "pynrrd"] };
  }
  for (const entry of entries) if (entry.isDirectory()) yield* candidates(join(folder, entry.name));
}

/** A Python process that reads one file after another. It is started anew where a library crashed it. */
function pythonReader(python) {
  let child;
  let answers;
  const start = () => {
    child = spawn(python, [script, "serve"], { stdio: ["pipe", "pipe", "ignore"] });
    answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  };
  start();
  return {
    async read(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await answers.next();
      if (!done) return JSON.parse(value);
      start();
      return { error: "the reader crashed" };
    },
    close: () => child.stdin.end(),
  };
}

/** The differences of two answers: what differs, by how much at most, and that in words; none where they agree. */
function differences(ours, theirs, dump) {
  const found = [];
  const differ = (kind, a, b, within) => {
    const size = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    if (!(size <= within)) found.push({ kind, size, words: `${kind} [${a}] here, [${b}] there` });
  };
  if (ours.shape.join() !== theirs.shape.join())
    return [{ kind: "shape", size: Number.NaN, words: `shape [${ours.shape}] here, [${theirs.shape}] there` }];
  // A plane has no third axis in libraries that know planes.
  const axes = theirs.spacing.length;
  differ("spacing", [...ours.spacingMm].reverse().slice(0, axes), theirs.spacing, 1e-5);
  differ("origin", ours.originMm.slice(0, axes), theirs.origin, 1e-3);
  if (axes === 3) differ("direction", ours.direction, theirs.direction, 1e-5);
  const bytes = readFileSync(dump);
  const others = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  let count = 0;
  let most = 0;
  for (let i = 0; i < others.length; i++) {
    const off = Math.abs(ours.data[i] - others[i]);
    // Scaled values are 32-bit floats in ITK and 64-bit ones in Python.
    if (off <= 1e-6 * Math.abs(others[i]) || (Number.isNaN(ours.data[i]) && Number.isNaN(others[i]))) continue;
    count++;
    most = Math.max(most, off);
  }
  if (count > 0) found.push({ kind: "voxels", size: most, count, words: `${count} of ${others.length} voxels, by ${most} at most` });
  return found;
}

/** Whether two answers to a file agree, both refuse it, or differ as they should or should not; and what there is to say of it. */
function outcomeOf(name, by, ours, theirs, dump) {
  if (ours.tag && theirs.error) return ["refused", `by both: ${ours.words}`];
  let found;
  if (ours.tag) found = [{ kind: "refusedHere", size: ours.tag, words: `refused here (${ours.tag}), read there: ${ours.words}` }];
  else if (theirs.error) found = [{ kind: "refusedThere", words: theirs.error }];
  else found = differences(ours, theirs, dump);
  if (found.length === 0) return ["agree", ""];
  const words = `${theirs.error ? "read here, refused there: " : ""}${found.map((one) => one.words).join("; ")}`;
  const why = excuseOf(name, by, found);
  return why === undefined ? ["differ", words] : ["known", `${words} (${why})`];
}

async function compareAll(python, folder) {
  const reader = pythonReader(python);
  const dump = join(folder, "voxels.f8");
  const counts = { files: 0, agree: 0, refused: 0, known: 0, differ: 0 };
  for (const { path, readers } of candidates(data)) {
    const name = relative(data, path);
    if (options.only && !name.includes(options.only)) continue;
    counts.files++;
    const ours = await readVolume(path).catch((error) => error);
    if (ours instanceof Error && !isVolumeError(ours)) throw ours;
    for (const by of readers) {
      const theirs = await reader.read({ path, reader: by, dump });
      const words = ours instanceof Error ? ours.message.replaceAll(`${data}/`, "") : "";
      const [outcome, said] = outcomeOf(name, by, ours instanceof Error ? { tag: ours.tag, words } : ours, theirs, dump);
      counts[outcome]++;
      if (outcome !== "agree") console.log(`${outcome.padEnd(8)}${name} · ${by} · ${said}`);
    }
  }
  reader.close();
  // A row that excuses nothing would hide what comes back.
  for (const row of options.only ? [] : idleRows()) {
    counts.differ++;
    console.log(`differ  ${row} · a row of known.mjs excuses nothing`);
  }
  return counts;
}

/** What we write, read by the others: a part of a real scan on oblique axes, and as floats. */
async function compareWritten(python, folder) {
  const reader = pythonReader(python);
  const dump = join(folder, "voxels.f8");
  const scan = await readVolume(join(data, "format_edge", "oblique.mhd"));
  const kinds = { int16: scan, float32: { ...scan, data: Float32Array.from(scan.data, (value) => value + 0.25) } };
  for (const [kind, volume] of Object.entries(kinds)) {
    for (const [name, readers] of [
      ["a.mhd", ["SimpleITK"]],
      ["a.mha", ["SimpleITK"]],
      ["a.nii", ["SimpleITK", "nibabel"]],
      ["a.nii.gz", ["SimpleITK", "nibabel"]],
      ["b.hdr", ["SimpleITK", "nibabel"]],
      ["a.nrrd", ["SimpleITK", "pynrrd"]],
      ["a.nhdr", ["SimpleITK", "pynrrd"]],
    ]) {
      const path = join(folder, name);
      await writeVolume(path, volume);
      for (const by of readers) {
        const theirs = await reader.read({ path, reader: by, dump });
        const found = theirs.error ? [theirs.error] : differences(volume, theirs, dump).map((one) => one.words);
        if (found.length > 0) process.exitCode = 1;
        console.log(`${(found.length > 0 ? "differ" : "agree").padEnd(8)}written ${name} of ${kind} · ${by} · ${found.join("; ")}`);
      }
    }
  }
  reader.close();
}

/** One real scan in several representations: the same voxels at the same places of the world. */
async function compareRepresentations() {
  const folder = join(data, "lidc_idri_0314");
  const crop = await readVolume(
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".lungcrop.mhd")),
    ),
  );
  // A part whose center falls on a place of the scan of 2 mm, which was smoothed before it was resampled.
  const part = cropVolume(crop, { start: [0, 2, 35], shape: [271, 189, 251] });
  const coarse = resampleVolume(part, { spacingMm: [2, 2, 2] });
  for (const [name, own, within] of [
    ["dicom_nodule_slices", crop, 0],
    ["nodule_patch96_1mm.mha", crop, 1],
    ["nodule_patch64_1mm.mha", crop, 1],
    ["ct_2mm.lungcrop.nii.gz", coarse, 6],
  ]) {
    const other = await readVolume(join(folder, name));
    let [shared, sum] = [0, 0];
    for (let z = 0; z < other.shape[0]; z++) {
      for (let y = 0; y < other.shape[1]; y++) {
        for (let x = 0; x < other.shape[2]; x++) {
          const value = valueAt(own, worldToVoxel(own, voxelToWorld(other, [z, y, x])));
          if (value === undefined) continue;
          shared++;
          sum += Math.abs(value - other.data[(z * other.shape[1] + y) * other.shape[2] + x]);
        }
      }
    }
    const verdict = shared > 0 && sum / shared <= within ? "agree" : "differ";
    const words = `${shared} shared places, mean difference ${(sum / shared).toFixed(3)} HU, at most ${within} expected`;
    console.log(`${verdict.padEnd(8)}lidc_idri_0314: ${name} and the .mhd · ${words}`);
    if (verdict === "differ") process.exitCode = 1;
  }
}

/** Trilinear between the voxels around a place, or undefined outside. */
function valueAt({ data: voxels, shape }, place) {
  const low = place.map((value) => Math.floor(value + 1e-4));
  const part = place.map((value, axis) => Math.max(0, value - low[axis]));
  if (low.some((value, axis) => value < 0 || value + (part[axis] > 1e-4 ? 1 : 0) >= shape[axis])) return undefined;
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const step = [corner >> 2, (corner >> 1) & 1, corner & 1];
    const weight = step.reduce((product, s, axis) => product * (s ? part[axis] : 1 - part[axis]), 1);
    if (weight > 1e-4) sum += weight * voxels[((low[0] + step[0]) * shape[1] + low[1] + step[1]) * shape[2] + low[2] + step[2]];
  }
  return sum;
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function timeAll(python, folder) {
  execFileSync(python, [script, "make", folder, data], { stdio: "inherit" });
  const repeats = Number(options.repeats);
  const measureOurs = fileURLToPath(new URL("measure.mjs", import.meta.url));
  console.log(
    `\n${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}; medians of ${repeats}, one after the other in turn\n`,
  );
  console.log(
    `${"512 x 512 x 275, 16 bits".padEnd(28)}${["wall", "CPU", "memory"].map((what) => `${what} here/there`.padStart(24)).join("")}`,
  );
  for (const [label, what, path] of [
    ["read .zraw", "read", "large.mhd"],
    ["read .nii.gz", "read", "large.nii.gz"],
    ["read 275 DICOM slices", "read", "series"],
    ["resample to 1 mm, linear", "resample", "large.mhd"],
  ]) {
    const runs = Array.from({ length: repeats }, () => [
      JSON.parse(execFileSync(process.execPath, [measureOurs, what, join(folder, path)], { encoding: "utf8" })),
      JSON.parse(execFileSync(python, [script, "time", what, join(folder, path)], { encoding: "utf8" })),
    ]);
    const cell = (of, unit) => {
      const [ours, theirs] = [0, 1].map((side) => middle(runs.map((run) => of(run[side]))));
      return `${ours.toFixed(2)} / ${theirs.toFixed(2)} ${unit} = ${(ours / theirs).toFixed(2)}`.padStart(24);
    };
    const times = [cell(({ wall }) => wall, "s"), cell(({ cpu }) => cpu, "s")];
    console.log(`${label.padEnd(28)}${times.join("")}${what === "read" ? cell(({ memory, bytes }) => memory / bytes, "x") : ""}`);
  }
}

const { python, versions } = pythonWithReaders();
const folder = mkdtempSync(join(tmpdir(), "volumes-compare-"));
try {
  console.log(`@gleaner/volumes and ${versions} on ${basename(data)}\n`);
  const counts = await compareAll(python, folder);
  if (!options.only && statSync(join(data, "format_edge"), { throwIfNoEntry: false })) await compareWritten(python, folder);
  if (!options.only && statSync(join(data, "lidc_idri_0314"), { throwIfNoEntry: false })) await compareRepresentations();
  console.log(
    `\n${counts.files} volumes: ${counts.agree} answers agree, ${counts.refused} are refusals by both, ${counts.known} differ as they should, ${counts.differ} differ`,
  );
  if (counts.differ > 0) process.exitCode = 1;
  if (!options["no-times"]) timeAll(python, folder);
} finally {
  rmSync(folder, { recursive: true });
}
