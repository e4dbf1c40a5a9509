// A share of a training step of the slim detector on WASM: what one engine computes where several do a step together.
import { readFileSync } from "node:fs";
import { load, tf } from "./modules.mjs";

const { chooseEngine } = load("@gleaner/engine");
const { createPyramidDetector } = load("@gleaner/detector");
const { detectionLoss } = load("@gleaner/methods");
const { lossGradients, namedVariables } = load("@gleaner/training");

/** The network of the plan in `folder` on this thread's engine; `gradientsOf` a range of the batch, weighted as a part of the whole. */
export async function openShare(folder) {
  tf.enableProdMode();
  await chooseEngine({ prefer: "wasm" });
  const { size, labeled } = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
  const detector = createPyramidDetector({ seed: 1 });
  const variables = namedVariables(detector.model);
  const { count: anchors } = detector.anchors([size, size, size]);
  const read = (name, shape) => tf.tensor(new Float32Array(readFileSync(`${folder}/${name}.f32`).buffer.slice(0)), shape);
  const targets = read("targets", [labeled, anchors]);
  const whole = {
    ...{ patches: read("patches", [labeled, size, size, size, 1]), targets, weights: tf.ones([labeled, anchors]) },
    ...{ positives: targets, deltas: read("deltas", [labeled, anchors, 6]) },
  };
  const positivesIn = (from, to) =>
    Math.max(
      1,
      tf.tidy(() => tf.sum(tf.slice(targets, [from], [to - from])).dataSync()[0]),
    );
  const gradientsOf = ({ from, to }) => {
    const batch = Object.fromEntries(Object.entries(whole).map(([name, tensor]) => [name, tf.slice(tensor, [from], [to - from])]));
    const weight = positivesIn(from, to) / positivesIn(0, labeled);
    const { value, gradients } = lossGradients(
      () => tf.mul(detectionLoss(detector.predict, batch, { focal: { alpha: [0.25, 0.75], gamma: 2 } }).total, weight),
      variables,
    );
    const loss = value.dataSync()[0];
    tf.dispose([value, ...Object.values(batch)]);
    return { loss, gradients };
  };
  return { variables, labeled, gradientsOf };
}
