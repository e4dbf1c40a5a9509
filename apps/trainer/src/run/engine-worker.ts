import { parentPort, workerData } from "node:worker_threads";
import { portChannel } from "@gleaner/training";
import type { Config } from "../config.js";
import { answerAsEngine } from "./answer-as-engine.js";
import { doEngineTask, type EngineAnswer, type EngineTask } from "./engine-tasks.js";
import { createNetwork } from "./network.js";

// A thread that shares the steps of training a detector.
const config = workerData as Config;
answerAsEngine<EngineTask, EngineAnswer>(portChannel(parentPort!), () => {
  const network = createNetwork(config, config.seed);
  return { variables: network.variables, work: (task) => doEngineTask(config, network, task) };
});
