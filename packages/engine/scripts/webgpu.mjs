// WebGPU on hardware, in one command: checks every operator that training needs and times a step of the detector beside the other engines.
//
//   node packages/engine/scripts/webgpu.mjs [--size 64] [--batch 2] [--steps 9] [--engines webgpu,native,wasm]
//
// In a clone after `pnpm install` and `pnpm build`; wants the driver of a GPU (Vulkan, Metal or D3D12), and the native engine paired where it is to
// be compared (`gleaner backend install`). Has not run on hardware so far, in software only: what it prints there is the news. One engine a process, in
// turns; milliseconds a step, best and median, the first step, which compiles, apart.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "64" },
    batch: { type: "string", default: "2" },
    steps: { type: "string", default: "9" },
    engines: { type: "string", default: "webgpu,native,wasm" },
    only: { type: "string" },
  },
});
const [size, batch, steps] = ["size", "batch", "steps"].map((name) => wholeNumber(name, values[name]));
if (values.only === undefined) measureAll();
else await measure(values.only);

function wholeNumber(name, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} is ${text}, expected a positive whole number`);
  process.exit(2);
}

function measureAll() {
  let failed = 0;
  for (const engine of values.engines.split(",")) {
    const given = ["size", "batch", "steps"].flatMap((name) => [`--${name}`, values[name]]);
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--only", engine, ...given], { stdio: "inherit" });
    // An engine that is not here is said to be missing; only WebGPU must be here.
    if (status !== 0 && engine === "webgpu") failed = 1;
  }
  process.exit(failed);
}

async function measure(prefer) {
  // All packages of ours from where the engine's tests find them, with one TensorFlow.js for all.
  const require = createRequire(new URL("../package.json", import.meta.url));
  const tf = require("@tensorflow/tfjs");
  const { checkEngine, chooseEngine } = require("@gleaner/engine");
  const { createPyramidDetector } = require("@gleaner/detector");
  tf.enableProdMode();
  const engine = await chooseEngine({ prefer }).catch(({ message }) => {
    console.error(`${prefer}: ${message}`);
    process.exit(1);
  });
  const { name, version, device, adapter = `${engine.threads} threads` } = engine;
  console.log(`${name} ${version}, ${device}, ${adapter}`);

  const faults = (await checkEngine()).filter(({ status }) => status !== "right");
  for (const { operator, status, error } of faults) console.log(`  ${status}: ${operator}. ${error}`);
  console.log(`  ${faults.length} operators wrong or missing`);

  const { model, predict } = createPyramidDetector({ seed: 1 });
  const variables = model.trainableWeights.map((weight) => weight.read());
  const patches = tf.randomUniform([batch, size, size, size, 1], 0, 1, "float32", 1);
  const step = async () => {
    const { value, grads } = tf.variableGrads(() => {
      const { logits, deltas } = predict(patches);
      return tf.add(tf.mean(tf.square(logits)), tf.mean(tf.square(deltas)));
    }, variables);
    // A GPU has answered only when a number of the last gradient is read.
    const sums = tf.tidy(() => tf.addN(Object.values(grads).map((gradient) => tf.sum(gradient))));
    await sums.data();
    tf.dispose([value, grads, sums]);
  };
  const times = [];
  for (let i = 0; i <= steps; i++) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  const [first, ...others] = times;
  others.sort((a, b) => a - b);
  const shown = [others[0], others[others.length >> 1], first].map((ms) => ms.toFixed(1));
  console.log(`  ${size}³, batch ${batch}: best ${shown[0]} ms, median ${shown[1]} ms, first ${shown[2]} ms`);
  process.exit(faults.length > 0 ? 1 : 0);
}
