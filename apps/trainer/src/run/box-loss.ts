import { decodeBoxTensors } from "@gleaner/detector";
import type { DetectionLossOptions } from "@gleaner/methods";
import type { Config } from "../config.js";
import type { Network } from "./network.js";

/** What `loss` of a configuration asks of the detection loss, for patches of `training.patch`. */
export function detectionLossOptions(
  { loss, training: { patch: size } }: Config,
  network: Pick<Network, "anchorsOf">,
): Pick<DetectionLossOptions, "focal" | "boxWeight" | "boxBeta" | "decodeBoxes"> {
  const smooth = { focal: loss, boxWeight: loss.boxWeight, boxBeta: loss.boxBeta };
  if (loss.box === "smooth-l1") return smooth;
  const { boxes } = network.anchorsOf([size, size, size]);
  return { ...smooth, decodeBoxes: (deltas) => decodeBoxTensors(boxes, deltas) };
}
