import * as tf from "@tensorflow/tfjs-core";
import type { Candidate } from "./engine.js";
import { engineError } from "./errors.js";

/** TensorFlow.js in plain JavaScript: for small things and as a last resort. */
export const cpuEngine: Candidate = {
  name: "cpu",
  preference: "cpu",
  title: "Plain JavaScript",
  isPossible: () => true,
  async find() {
    if (!tf.findBackendFactory("cpu")) {
      throw engineError("The plain JavaScript backend is not registered.", {
        how: 'Import "@tensorflow/tfjs" or "@tensorflow/tfjs-backend-cpu" first.',
      });
    }
    const version = tf.version_core;
    return {
      version,
      gpu: false,
      start: async () => {
        await tf.setBackend("cpu");
        return { name: "cpu", version, threads: 1, device: "CPU" };
      },
    };
  },
};
