// What the live page loads when it is used: TensorFlow.js with its plain backend, phantoms, readers of files, and the weights of the teacher.
import "@tensorflow/tfjs-backend-cpu";
import weightsUrl from "../../../live/teacher.safetensors?url";
import { type AskTargets, createTargets } from "./targets-answer.js";

export { phantomScan, scanOfFiles } from "./scan.js";

/** Loads the teacher. */
export async function loadTargets(): Promise<AskTargets> {
  const response = await fetch(weightsUrl);
  if (!response.ok) throw new Error(`The teacher's weights did not come: ${response.status}.`);
  return createTargets(new Uint8Array(await response.arrayBuffer()));
}
