import { readFileSync } from "node:fs";
import { createCurriculum } from "@gleaner/curriculum";
import { expect, test } from "vitest";
import { judgeOwn, replayCurriculum } from "../.vitepress/theme/live/curriculum-replay.js";
import { lastStep, ownSchema, perClass } from "../.vitepress/theme/live/curriculum-settings.js";
import { decodeHistory, encodeHistory } from "../.vitepress/theme/live/recorded-history.js";
import { short, ticks } from "../.vitepress/theme/live/ticks.js";

const stored = JSON.parse(readFileSync(new URL("../live/digits-history.json", import.meta.url), "utf8"));
const history = decodeHistory(stored);
const settings = { threshold: 0.95, warmUp: true, mapping: "convex" } as const;

test("the recorded history is what it says it is", () => {
  expect(history.indices).toHaveLength(lastStep * history.batch);
  expect(Math.max(...history.indices)).toBe(history.unlabeled - 1);
  expect(Math.max(...history.predicted)).toBe(history.classes - 1);
  expect(Math.min(...history.confidences)).toBeGreaterThan(1 / history.classes - 1e-3);
  expect(encodeHistory(history)).toEqual(stored);
});

test("stored confidences never reach a threshold that they did not reach", () => {
  const confidences = [0, 0.1, 0.9499999, 0.95, 1];
  const same = decodeHistory(
    encodeHistory({ classes: 2, unlabeled: 5, batch: 5, indices: [0, 1, 2, 3, 4], predicted: [0, 1, 0, 1, 0], confidences }),
  );
  for (const [i, confidence] of same.confidences.entries()) {
    expect(confidence).toBeLessThanOrEqual(confidences[i]!);
    expect(confidence).toBeGreaterThan(confidences[i]! - 2e-5);
  }
  expect([same.indices, same.predicted]).toEqual([
    [0, 1, 2, 3, 4],
    [0, 1, 0, 1, 0],
  ]);
  expect(() => encodeHistory({ ...same, unlabeled: 5000 })).toThrow(
    "the history has 5000 images and 2 classes; expected up to 4096 and 16",
  );
});

test("the words of the curriculum page hold", () => {
  const steps = replayCurriculum(history, settings);
  expect(steps).toHaveLength(lastStep + 1);
  expect([steps[120]!.effects[3], steps[120]!.effects[0]]).toEqual([6, 61]);
  expect(steps[120]!.effects[3]).toBe(Math.min(...steps[120]!.effects));
  expect(steps[120]!.thresholds[3]).toBeLessThan(0.02);
  expect(Math.max(...steps.flatMap((step) => step.thresholds))).toBeLessThanOrEqual(0.95);
  // Without warm-up one image is enough for the full threshold.
  const cold = replayCurriculum(history, { ...settings, warmUp: false })[20]!;
  expect(cold.effects.reduce((sum, effect) => sum + effect, 0)).toBe(1);
  expect(Math.max(...cold.thresholds)).toBe(0.95);
  const loose = replayCurriculum(history, { ...settings, threshold: 0.5 });
  expect(loose[120]!.counted).toBeGreaterThan(0.8 * history.batch);
  // What is counted in a step is trained on in it: no T is above τ.
  for (const step of steps) expect(step.trainedOn).toBeGreaterThanOrEqual(step.counted);
});

test("own confidences: the preset and what the page says of it", () => {
  const own = ownSchema.own.preset.map((percent) => percent / 100);
  const { fates, thresholds } = judgeOwn(own, perClass, settings);
  expect([own[7], fates[7]]).toEqual([0.7, "neither"]);
  expect([own[23], fates[23]]).toEqual([0.3, "trained on"]);
  const raised = judgeOwn(own.with(19, 0.99), perClass, settings);
  expect(raised.thresholds[2]).toBeGreaterThan(thresholds[2]!);
  expect(raised.fates[23]).toBe("neither");
  const worse = judgeOwn(
    own.map((confidence, i) => (i < 4 ? 0.9 : confidence)),
    perClass,
    settings,
  );
  expect(worse.thresholds[0]).toBeLessThan(thresholds[0]!);
});

test("own confidences are judged by the curriculum, class by class", () => {
  const own = [0.99, 0.5, 0.96, 0.4];
  const curriculum = createCurriculum({ classes: 2, unlabeled: 4, ...settings, warmUp: false });
  curriculum.observe([0, 1, 2, 3], own, [0, 0, 1, 1]);
  const judged = judgeOwn(own, 2, { ...settings, warmUp: false });
  expect(judged.thresholds).toEqual(Array.from(curriculum.thresholds()));
  expect(judged.fates).toEqual(["counted", "neither", "counted", "neither"]);
});

test("ticks are round and inside; numbers are short", () => {
  expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks(-0.13, 0.31, 5)).toEqual([-0.1, 0, 0.1, 0.2, 0.3]);
  expect(ticks(0, 240, 6)).toEqual([0, 50, 100, 150, 200]);
  expect(ticks(1, 1)).toEqual([]);
  expect([short(-0.123456), short(1e-9), short(Number.NaN), short(1234.5)]).toEqual(["−0.123", "0", "–", "1230"]);
});
