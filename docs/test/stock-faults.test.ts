// Runs the cases of guide/stock-faults.md. Each holds as long as stock TensorFlow.js is wrong: a test that fails tells that a fault was mended, and the
// page wants to be changed. What the page calls right is computed anew: slopes by differences, values by another engine.
import { chooseEngine } from "@gleaner/engine";
import { findNative, loadNative } from "@gleaner/native";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { type Case, expectStillWrong, faults, isNear, measuredSlope, outcome, page, sections, slope } from "./stock-fault-cases.js";

describe("what the page calls right is right", () => {
  // Each by itself: a layer that no engine has, and what only TensorFlow does as TensorFlow does.
  const byHand = /Batch norm of volumes$|stride is longer|negative axis|whole rows|Soft suppression/;
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

for (const [section, engine] of Object.entries(sections).filter(([, name]) => name === "cpu" || name === "wasm")) {
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

  const sharedWithWasm = faults.get("Plain JavaScript")!.filter(({ title }) => /stride is longer|negative axis|whole rows/.test(title));
  test.each(sharedWithWasm.flatMap(({ cases }) => cases))("$title: what the page calls right is TensorFlow's answer", ({ code, right }) => {
    expect(isNear(outcome(code, slope), right)).toBe(true);
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
