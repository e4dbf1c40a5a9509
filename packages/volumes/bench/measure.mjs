// Times one reading or resampling in a process of its own, after a small one; compare.mjs runs this. Usage: measure.mjs read|resample PATH
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createVolume, resampleVolume } from "../dist/index.js";
import { readVolume, writeVolume } from "../dist/node.js";

const [what, path] = process.argv.slice(2);
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

let work;
if (what === "resample") {
  const volume = await readVolume(path);
  work = () => resampleVolume(volume, { spacingMm: [1, 1, 1], antialias: false });
} else {
  const small = `${path}.small.nii.gz`;
  await writeVolume(small, createVolume({ data: new Int16Array(512), shape: [8, 8, 8] }));
  await readVolume(small);
  await rm(small);
  work = () => readVolume(path);
}

const before = process.memoryUsage.rss();
let best;
let bytes = 0;
for (let run = 0; run < (what === "resample" ? 3 : 1); run++) {
  const [wall, cpu] = [performance.now(), cpuSeconds()];
  bytes = (await work()).data.byteLength;
  const took = { wall: (performance.now() - wall) / 1000, cpu: cpuSeconds() - cpu };
  if (!best || took.wall < best.wall) best = took;
}
// The kernel's own figure, because Node's maxRSS may be that of the process that started it.
const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
console.log(JSON.stringify({ ...best, bytes, memory: peak - before }));
