// The 3D convolution of the WASM backend, stock and with @gleaner/wasm3d, on one thread: prints { stock, ours } in seconds as JSON.
import { load, tf } from "./modules.mjs";

load("@tensorflow/tfjs-backend-wasm");
tf.enableProdMode();
await tf.setBackend("wasm");
const [x, filter] = [tf.randomNormal([2, 32, 32, 32, 16]), tf.randomNormal([3, 3, 3, 16, 16])];
const best = (rounds) => {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    const y = tf.conv3d(x, filter, 1, "same");
    y.dataSync();
    y.dispose();
    return (performance.now() - start) / 1000;
  });
  return Math.min(...times);
};
const stock = best(3);
load("@gleaner/wasm3d").registerWasm3d();
process.stdout.write(JSON.stringify({ stock, ours: best(12) }));
