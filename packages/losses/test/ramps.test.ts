import { expect, it } from "vitest";
import { rampUp, tsaThreshold } from "../src/index.js";
import fixture from "./fixtures/tsa.json" with { type: "json" };
import { expectClose } from "./helpers.js";

it.each(fixture.cases.filter(({ schedule }) => schedule !== "none"))(
  "agrees with TorchSSL, $schedule, $C classes",
  ({ schedule, total, C, its, thresholds }) => {
    const actual = its.map((step) => tsaThreshold(step, { total, classes: C, schedule: schedule as "linear" | "log" | "exp" }));
    expectClose(actual, thresholds, 1e-12);
  },
);

it("ramps up as TorchSSL's pseudo-labeling", () => {
  const { its, total, factor, unsup_warmup_pos } = fixture.pl_unsup_rampup;
  expectClose(
    its.map((step) => rampUp(step, total, unsup_warmup_pos)),
    factor,
    1e-12,
  );
  expectClose(
    its.map((step) => rampUp(step, total)),
    factor,
    1e-12,
  );
  expect([rampUp(0, 10, 0), rampUp(0, 10, 1), rampUp(10, 10, 1)]).toEqual([1, 0, 1]);
});

it("names what is wrong with its arguments", () => {
  expect(() => tsaThreshold(11, { total: 10, classes: 2 })).toThrow(new RangeError("step is 11; expected a number in 0..10"));
  expect(() => tsaThreshold(1, { total: 0, classes: 2 })).toThrow(/total is 0/);
  expect(() => tsaThreshold(1, { total: 10, classes: 0 })).toThrow(/classes is 0/);
  expect(() => tsaThreshold(1, { total: 10, classes: 2, schedule: "toString" as "log" })).toThrow(/schedule is toString/);
  expect(() => rampUp(-1, 10)).toThrow(/step is -1/);
  expect(() => rampUp(1, 10, 2)).toThrow(/fraction is 2/);
});
