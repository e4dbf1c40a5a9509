// The faults of guide/stock-faults.md, read from the page, and how their cases are run.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";

export interface Case {
  title: string;
  /** What is computed. */
  code: string;
  /** What stock gives: values, the beginning of an error, or "anything". */
  gives: string;
  right: unknown;
}

export interface Fault {
  title: string;
  text: string;
  cases: Case[];
}

/** Faults by the engine that their section is about. */
export const sections: Record<string, string> = {
  "Gradients, on every engine": "cpu",
  "Plain JavaScript": "cpu",
  WebAssembly: "wasm",
  WebGPU: "webgpu",
  "TensorFlow under Node": "tensorflow",
};

export const page = readFileSync(new URL("../guide/stock-faults.md", import.meta.url), "utf8");

/** The parts of a text that begin with headings of a level, by heading. */
function partsOf(text: string, level: string): { title: string; body: string }[] {
  return text
    .split(new RegExp(`^${level} `, "m"))
    .slice(1)
    .map((part) => ({ title: part.split("\n")[0]!, body: part.slice(part.indexOf("\n")) }));
}

function casesOf(title: string, body: string): Case[] {
  const fences = [...body.matchAll(/^```ts stock\n([\s\S]*?)^```/gm)];
  return fences.map(([, fence], i) => {
    const [, code, gives, right] = /^([\s\S]+); \/\/ => (.+), not (.+)\n$/.exec(fence!) ?? [];
    if (!code || !gives || !right) throw new Error(`A case of "${title}" is none: ${fence}`);
    return { title: fences.length > 1 ? `${title} (${i + 1})` : title, code, gives, right: JSON.parse(right) };
  });
}

export const faults = new Map<string, Fault[]>(
  partsOf(page, "##").map(({ title, body }) => [
    title,
    partsOf(body, "###").map((part) => ({ title: part.title, text: part.body, cases: casesOf(part.title, part.body) })),
  ]),
);

type Slope = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => tf.Tensor;

export const slope: Slope = (f, x) => tf.grad((t) => tf.sum(f(t)))(x);

/** The same by differences; the cases are smooth where they are looked at, and nearly straight. */
export const measuredSlope: Slope = (f, x) => {
  const step = 2 ** -6;
  const at = x.dataSync();
  const moved = (i: number, by: number): number => {
    const values = Float32Array.from(at, (value, j) => (j === i ? value + by : value));
    return tf.sum(f(tf.tensor(values, x.shape))).dataSync()[0]!;
  };
  return tf.tensor(
    Float32Array.from(at, (_, i) => (moved(i, step) - moved(i, -step)) / (2 * step)),
    x.shape,
  );
};

/** What a case gives: nested values, or the first line of its error. */
export function outcome(code: string, slopeOf: Slope): unknown {
  // The text is this repository's own documentation, read by its own test.
  const run = new Function("tf", "slope", `return (${code});`) as (t: typeof tf, s: Slope) => tf.Tensor;
  try {
    return tf.tidy(() => run(tf, slopeOf).arraySync());
  } catch (error) {
    return `Error: ${(error as Error).message.split("\n")[0]}`;
  }
}

const numbers = (value: unknown): number[] => [value].flat(9) as number[];
export const isNear = (actual: unknown, expected: unknown): boolean =>
  Array.isArray(actual) === Array.isArray(expected) &&
  numbers(actual).length === numbers(expected).length &&
  numbers(actual).every((value, i) => Math.abs(value - numbers(expected)[i]!) < 1e-3);

export function expectStillWrong({ code, gives, right }: Case): void {
  const actual = outcome(code, slope);
  if (gives.startsWith("Error: ")) expect(String(actual).slice(0, gives.length)).toBe(gives);
  else {
    if (gives !== "anything") expect(isNear(actual, JSON.parse(gives)), JSON.stringify(actual)).toBe(true);
    expect(isNear(actual, right)).toBe(false);
  }
}
