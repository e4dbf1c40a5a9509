// Runs the cases of guide/stock-faults.md. Each holds as long as stock TensorFlow.js is wrong: a test that fails tells that a fault was mended, and the
// page wants to be changed. What the page calls right is computed anew: slopes by differences, values by another engine.
import { readFileSync } from "node:fs";
import { chooseEngine } from "@gleaner/engine";
import { findNative, loadNative } from "@gleaner/native";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, test } from "vitest";

interface Case {
  title: string;
  /** What is computed. */
  code: string;
  /** What stock gives: values, or the beginning of an error. */
  gives: string;
  right: unknown;
}

interface Fault {
  title: string;
  text: string;
  cases: Case[];
}

/** Faults by the engine that their section is about. */
const sections: Record<string, string> = {
  "Gradients, on every engine": "cpu",
  "Plain JavaScript": "cpu",
  WebAssembly: "wasm",
  "TensorFlow under Node": "tensorflow",
};

const page = readFileSync(new URL("../guide/stock-faults.md", import.meta.url), "utf8");

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

const faults = new Map<string, Fault[]>(
  partsOf(page, "##").map(({ title, body }) => [
    title,
    partsOf(body, "###").map((part) => ({ title: part.title, text: part.body, cases: casesOf(part.title, part.body) })),
  ]),
);

type Slope = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => tf.Tensor;

const slope: Slope = (f, x) => tf.grad((t) => tf.sum(f(t)))(x);

/** The same by differences; the cases are smooth where they are looked at, and nearly straight. */
const measuredSlope: Slope = (f, x) => {
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
function outcome(code: string, slopeOf: Slope): unknown {
  // The text is this repository's own documentation, read by its own test.
  const run = new Function("tf", "slope", `return (${code});`) as (t: typeof tf, s: Slope) => tf.Tensor;
  try {
    return tf.tidy(() => run(tf, slopeOf).arraySync());
  } catch (error) {
    return `Error: ${(error as Error).message.split("\n")[0]}`;
  }
}

const numbers = (value: unknown): number[] => [value].flat(9) as number[];
const isNear = (actual: unknown, expected: unknown): boolean =>
  Array.isArray(actual) === Array.isArray(expected) &&
  numbers(actual).length === numbers(expected).length &&
  numbers(actual).every((value, i) => Math.abs(value - numbers(expected)[i]!) < 1e-3);

function expectStillWrong({ code, gives, right }: Case): void {
  const actual = outcome(code, slope);
  if (gives.startsWith("Error: ")) expect(String(actual).slice(0, gives.length)).toBe(gives);
  else {
    expect(isNear(actual, JSON.parse(gives)), JSON.stringify(actual)).toBe(true);
    expect(isNear(actual, right)).toBe(false);
  }
}

describe("what the page calls right is right", () => {
  // Each by itself: a layer that no engine has, and what only TensorFlow does as TensorFlow does.
  const byHand = /Batch norm of volumes$|stride is longer|Soft suppression/;
  /** The engine that has the value: plain JavaScript but for its own faults. */
  const witnessOf = (section: string, { code }: Case): string =>
    section === "Plain JavaScript" && !code.startsWith("slope(") ? "wasm" : "cpu";

  for (const [section, list] of faults) {
    test.each(list.flatMap(({ cases }) => cases).filter(({ title }) => !byHand.test(title)))(`${section}: $title`, async (one) => {
      await tf.setBackend(witnessOf(section, one));
      const actual = outcome(one.code, measuredSlope);
      expect(isNear(actual, one.right), JSON.stringify(actual)).toBe(true);
    });
  }
});

for (const [section, engine] of Object.entries(sections).filter(([, name]) => name !== "tensorflow")) {
  describe(`stock TensorFlow.js is still wrong. ${section}`, () => {
    beforeAll(async () => void (await tf.setBackend(engine)));
    test.each(faults.get(section)!.flatMap(({ cases }) => cases))("$title", expectStillWrong);
  });
}

// After the stock backend: kernels that were replaced stay replaced.
describe("with the kernels of @gleaner/wasm3d WebAssembly is right", () => {
  const replaced = faults.get("WebAssembly")!.filter(({ text }) => !/not replaced/.test(text));
  const pools = faults.get("Plain JavaScript")!.filter(({ title }) => /pools|stride is longer/.test(title));
  beforeAll(async () => void (await chooseEngine({ prefer: "wasm" })));
  test.each([...replaced, ...pools].flatMap(({ cases }) => cases))("$title", ({ code, right }) => {
    const actual = outcome(code, slope);
    expect(isNear(actual, right), JSON.stringify(actual)).toBe(true);
  });
});

describe.runIf(findNative())("stock TensorFlow.js is still wrong. TensorFlow under Node (left out where no TensorFlow is paired)", () => {
  beforeAll(async () => void (await loadNative({})));
  test.each(faults.get("TensorFlow under Node")!.flatMap(({ cases }) => cases))("$title", expectStillWrong);

  test("convolutions whose stride is longer than their kernel are what the page says", () => {
    const [one] = faults.get("Plain JavaScript")!.flatMap(({ cases }) => cases.filter(({ title }) => /stride is longer/.test(title)));
    expect(isNear(outcome(one!.code, slope), one!.right)).toBe(true);
  });
});

test("the page's sections are those of the test, and each fault has a case or says why not, and says whether it is reported", () => {
  expect([...faults.keys()]).toEqual(Object.keys(sections));
  const all = [...faults.values()].flat();
  expect(all.length).toBeGreaterThan(25);
  for (const { title, text, cases } of all) {
    expect(cases.length > 0 || /No case/.test(text), `${title} has a case`).toBe(true);
    expect(/[Rr]eported|needs that network/.test(text), `${title} says whether it is reported`).toBe(true);
  }
  for (const [link, repository, kind, number] of page.matchAll(/https:\/\/github\.com\/(\S+?)\/(issues|pull)\/(\d+)/g)) {
    expect(["tensorflow/tfjs", "tensorflow/tfjs-core", "tensorflow/tensorflow"], link).toContain(repository);
    expect(`${kind}${number}`).toMatch(/^(issues|pull)\d+$/);
  }
});
