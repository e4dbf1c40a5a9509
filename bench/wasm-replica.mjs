// A thread of wasm-workers.mjs: an engine beside the one that trains.
import { parentPort, workerData } from "node:worker_threads";
import { load } from "./modules.mjs";
import { openShare } from "./wasm-share.mjs";

const { answerAsReplica, portChannel } = load("@gleaner/training");
answerAsReplica(portChannel(parentPort), async () => {
  const { variables, gradientsOf } = await openShare(workerData);
  return {
    variables,
    work(range) {
      const { loss, gradients } = gradientsOf(range);
      return { answer: loss, gradients };
    },
  };
});
