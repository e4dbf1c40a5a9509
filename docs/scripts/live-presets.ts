import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { focalAnswer } from "../.vitepress/theme/live/focal-curves.js";
import { focalSchema } from "../.vitepress/theme/live/focal-settings.js";
import { presetsOf } from "../.vitepress/theme/live/linked-state.js";

/**
 * What live pages show before they have loaded TensorFlow.js, and without JavaScript: the answers of the packages to the presets, by path in docs.
 * A page whose package needs no engine computes its preset itself.
 */
export function livePresets(): Record<string, string> {
  // Otherwise the backend recommends another one on the console.
  tf.env().set("PROD", true);
  return { "generated/live/focal-loss.json": json(focalAnswer(presetsOf(focalSchema))) };
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
