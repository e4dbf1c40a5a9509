import { parentPort, workerData } from "node:worker_threads";
import { chooseEngine } from "@gleaner/engine";
import { answerAsReplica, portChannel } from "@gleaner/training";
// This also registers the gradients on the one TensorFlow.js of this thread.
import { enableProdMode } from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { doEngineTask, type EngineAnswer, type EngineTask } from "./engine-tasks.js";
import { createNetwork } from "./network.js";

// A thread that shares the steps of a training, with an engine and a network of its own.
const config = workerData as Config;
answerAsReplica<EngineTask, EngineAnswer>(portChannel(parentPort!), async () => {
  enableProdMode();
  await chooseEngine({ prefer: "wasm" });
  const network = createNetwork(config, config.seed);
  return { variables: network.variables, work: (task) => doEngineTask(config, network, task) };
});
