// A share of a training step of the slim detector on WASM: what one engine computes where several do a step together.
import { readFileSync } from "node:fs";
import { load, tf } from "./modules.mjs";
import { readKnown } from "./plan-tensors.mjs";

const { chooseEngine } = load("@gleaner/engine");
const { createPyramidDetector } = load("@gleaner/detector");
const { detectionLoss } = load("@gleaner/methods");
const { lossGradients, namedVariables } = load("@gleaner/training");

/** The network of the plan in `folder` on this thread's engine; `gradientsOf` a range of the batch, weighted as a part of the whole. */
export async function openShare(folder) {
  tf.enableProdMode();
  await chooseEngine({ prefer: "wasm" });
  const plan = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
  const { size, labeled } = plan;
  const detector = createPyramidDetector({ seed: 1 });
  const variables = namedVariables(detector.model);
  const { count: anchors } = detector.anchors([size, size, size]);
  const whole = readKnown(folder, plan, anchors);
  const positivesIn = (from, to) =>
    Math.max(
      1,
      tf.tidy(() => tf.sum(tf.slice(whole.targets, [from], [to - from])).dataSync()[0]),
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
