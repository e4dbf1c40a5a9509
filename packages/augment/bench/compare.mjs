// Times randAugment next to Pillow (compare.py) in one run on the same images and draws, and checks that all pixels agree.
//
//   pnpm build && node bench/compare.mjs [--images 448] [--repeats 15]
//
// Needs python3 with venv; Pillow and NumPy come from PyPI into a virtual environment below the cache folder (GLEANER_CACHE or ~/.cache/gleaner).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonIn } from "../../../bench/python.mjs";
import { randAugment } from "../dist/index.js";
import { drawnImages, seeded } from "./drawn-images.mjs";

const { values } = parseArgs({ options: { images: { type: "string", default: "448" }, repeats: { type: "string", default: "15" } } });
const [count, repeats] = [values.images, values.repeats].map(Number);

const python = pythonIn("augment-compare", ["pillow", "numpy"]);
const images = drawnImages(count);
const random = seeded(2);
// Three times an operation and its value, then side, y and x of the cutout.
const draws = Float64Array.from({ length: 9 * count }, random);
const folder = mkdtempSync(join(tmpdir(), "augment-compare-"));
try {
  writeFileSync(join(folder, "images.u8"), images);
  writeFileSync(join(folder, "draws.f64"), draws);
  const views = new Uint8Array(images.length);
  const once = () => {
    let next = 0;
    const drawn = () => draws[next++];
    const start = [process.cpuUsage(), performance.now()];
    for (let i = 0; i < count; i++) {
      const data = images.subarray(i * 3072, (i + 1) * 3072);
      views.set(randAugment({ data, shape: [32, 32, 3] }, { random: drawn }).data, i * 3072);
    }
    const { user, system } = process.cpuUsage(start[0]);
    return [(user + system) / 1e6, (performance.now() - start[1]) / 1000];
  };
  const cold = once();
  const warm = Array.from({ length: repeats }, once);
  const script = fileURLToPath(new URL("compare.py", import.meta.url));
  const reference = JSON.parse(execFileSync(python, [script, folder, count, repeats].map(String)).toString());

  // Agreement first: a fast wrong answer is no answer.
  const expected = readFileSync(join(folder, "views.u8"));
  const wrong = views.findIndex((value, i) => value !== expected[i]);
  if (wrong >= 0)
    throw new Error(`image ${Math.floor(wrong / 3072)}: value ${wrong % 3072} is ${views[wrong]} here and ${expected[wrong]} in Pillow`);

  const middle = (times) => [0, 1].map((i) => times.map((time) => time[i]).toSorted((a, b) => a - b)[times.length >> 1]);
  const line = (name, times, note) =>
    console.log(`${name.padEnd(20)}${times.map((t) => `${(count / t).toFixed(0)}/s`.padStart(12)).join("")}   ${note}`);
  const [ours, theirs] = [middle(warm), middle(reference.times)];
  console.log(`${count} images of 32 x 32 x 3, three operations and a cutout; all pixels agree`);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}\n`);
  console.log(`${"images".padEnd(20)}${["CPU", "wall"].map((name) => name.padStart(12)).join("")}`);
  line("@gleaner/augment", ours, `median of ${repeats}; the first, cold batch ${(count / cold[0]).toFixed(0)}/s CPU`);
  line(`Pillow ${reference.pillow}`, theirs, `median of ${repeats}; Python ${reference.python}`);
  console.log(`\nratio ${(theirs[0] / ours[0]).toFixed(2)} of CPU time, ${(theirs[1] / ours[1]).toFixed(2)} of wall time`);
} finally {
  rmSync(folder, { recursive: true });
}
