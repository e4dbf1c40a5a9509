// Training steps of the slim detector on one WASM engine and on several, in turns: node bench/wasm-workers.mjs FOLDER WORKERS SECONDS
// prints { one, several } in seconds (best), their median processor times, and how far the losses are apart, as JSON.
import { load, tf } from "./modules.mjs";
import { openShare } from "./wasm-share.mjs";

const { clipByGlobalNorm, createAdamW, createReplicas, evenShares } = load("@gleaner/training");
const { threadChannel } = load("@gleaner/training/node");
const [folder, workers, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const { variables, labeled, gradientsOf } = await openShare(folder);
const script = new URL("wasm-replica.mjs", import.meta.url);
const channels = Array.from({ length: workers - 1 }, () => threadChannel(script, folder));
const replicas = await createReplicas(channels, variables);
const optimizer = createAdamW({ weightDecay: 1e-4 });

async function step(parts) {
  const [mine, ...others] = evenShares(labeled, parts);
  replicas.publish();
  const { own, answers } = await replicas.run(others, () => gradientsOf(mine));
  const gradients = parts === 1 ? own.gradients : replicas.sumGradients(own.gradients);
  const clipped = clipByGlobalNorm(gradients, 5);
  // A rate of 0: every step starts from the same weights, so that the losses of both can be compared.
  optimizer.apply(variables, clipped.gradients, 0);
  tf.dispose([clipped.norm, ...[own.gradients, gradients, clipped.gradients].flatMap((each) => Object.values(each))]);
  return answers.reduce((sum, loss) => sum + loss, own.loss);
}

const timed = async (parts) => {
  const [start, spent] = [performance.now(), process.cpuUsage()];
  const loss = await step(parts);
  const { user, system } = process.cpuUsage(spent);
  return { time: (performance.now() - start) / 1000, processor: (user + system) / 1e6, loss };
};
await timed(1);
await timed(workers);
const runs = { one: [], several: [] };
const end = performance.now() + seconds * 1000;
while (runs.one.length < 2 || performance.now() < end) {
  runs.one.push(await timed(1));
  runs.several.push(await timed(workers));
}
await replicas.close();
const best = (name) => Math.min(...runs[name].map(({ time }) => time));
const processor = (name) => runs[name].map((run) => run.processor).toSorted((a, b) => a - b)[runs[name].length >> 1];
process.stdout.write(
  JSON.stringify({
    one: best("one"),
    several: best("several"),
    processor: { one: processor("one"), several: processor("several") },
    apart: Math.abs(runs.several[0].loss / runs.one[0].loss - 1),
  }),
);
