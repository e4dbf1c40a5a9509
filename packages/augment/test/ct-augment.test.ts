import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { binProbabilities, drawBin } from "../src/bin-weights.js";
import {
  applyPolicy,
  type ByteImage,
  type CtOperationName,
  type CtRates,
  createCtAugment,
  type Policy,
  proximity,
  restoreCtAugment,
} from "../src/index.js";
import fixture from "./fixtures/ctaugment.json" with { type: "json" };
import { seeded } from "./helpers.js";

const shape = [11, 9, 3] as const;
const imageOf = (name: string): ByteImage => ({
  data: Uint8Array.from(Buffer.from(fixture.images[name as keyof typeof fixture.images], "hex")),
  shape,
});
const one = (operation: string, values: readonly number[]): Policy => [{ operation: operation as CtOperationName, values }];

describe("applyPolicy", () => {
  it.each(fixture.pixels)("is Pillow's $operation at $values on $image", ({ image, operation, values, out }) => {
    const view = applyPolicy(imageOf(image), one(operation, values), { translation: "pixels" });
    expect(Buffer.from(view.data).toString("hex")).toBe(out);
  });

  it.each(fixture.digests)("is Pillow's $operation at $values on 32 × 32", ({ operation, values, sha256 }) => {
    const data = Uint8Array.from({ length: 3072 }, (_, i) => (7 * Math.floor(i / 96) + 5 * (Math.floor(i / 3) % 32)) * [1, 3, 5][i % 3]!);
    const view = applyPolicy({ data, shape: [32, 32, 3] }, one(operation, values));
    expect(createHash("sha256").update(view.data).digest("hex")).toBe(sha256);
  });

  it.each(fixture.cutouts)("cuts out as the authors' code at $level around $x, $y", ({ level, x, y, out }) => {
    const center = [(y + 0.5) / shape[0], (x + 0.5) / shape[1]] as const;
    const view = applyPolicy(imageOf("random"), [{ operation: "Cutout", values: [level], center }]);
    expect(Buffer.from(view.data).toString("hex")).toBe(out);
  });

  it("translates by parts of the side, or by pixels, where the authors' ±0.3 moves nothing", () => {
    const data = Uint8Array.from({ length: 10 }, (_, i) => i + 1);
    const across: ByteImage = { data, shape: [1, 10, 1] };
    expect(Array.from(applyPolicy(across, one("TranslateX", [1])).data)).toEqual([4, 5, 6, 7, 8, 9, 10, 0, 0, 0]);
    expect(Array.from(applyPolicy(across, one("TranslateX", [0])).data)).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Array.from(applyPolicy({ data, shape: [10, 1, 1] }, one("TranslateY", [1])).data)).toEqual([4, 5, 6, 7, 8, 9, 10, 0, 0, 0]);
    for (const level of [0, 0.4, 1]) {
      expect(applyPolicy(across, one("TranslateX", [level]), { translation: "pixels" })).toEqual(across);
    }
  });

  it("draws the center of a cutout that has none", () => {
    const image = imageOf("random");
    const policy = one("Cutout", [1]);
    const views = [1, 2, 3].map((seed) => applyPolicy(image, policy, { random: seeded(seed) }).data.join());
    expect(new Set(views).size).toBe(3);
    expect(views[0]).toBe(applyPolicy(image, policy, { random: seeded(1) }).data.join());
  });

  it("names what is wrong with its arguments", () => {
    const image = imageOf("random");
    expect(() => applyPolicy(image, one("Hue", [1]))).toThrow(/^policy\[0\]\.operation is Hue; expected one of AutoContrast, Blur, /);
    expect(() => applyPolicy(image, one("Rescale", [1]))).toThrow(new RangeError("policy[0].values has 1 numbers; Rescale expects 2"));
    expect(() => applyPolicy(image, one("Rotate", [Number.NaN]))).toThrow(
      new RangeError("policy[0].values is [NaN]; expected numbers in 0..1"),
    );
    expect(() => applyPolicy(image, one("Cutout", [1]))).toThrow(
      new RangeError("policy[0].center is missing; expected [y, x], or random to draw it"),
    );
    expect(() => applyPolicy(image, [{ operation: "Cutout", values: [1], center: [0, 2] }])).toThrow(/policy\[0\]\.center is \[0,2\]/);
    expect(() => applyPolicy(image, [], { translation: "mm" as "side" })).toThrow(/translation is mm; expected "side" or "pixels"/);
    expect(() => applyPolicy({ data: new Float32Array(3) as never, shape: [1, 1, 3] }, [])).toThrow(TypeError);
  });
});

describe("createCtAugment", () => {
  const { decay, threshold, steps, rates, probabilities } = fixture.control;

  it("comes to the authors' weights and probabilities of bins", () => {
    const control = createCtAugment({ decay, threshold });
    for (const { policy, proximity } of steps) control.observe(policy as Policy, proximity);
    const actual = control.rates();
    expect(Object.keys(actual).sort()).toEqual(Object.keys(rates).sort());
    for (const [name, lists] of Object.entries(rates)) {
      for (const [i, weights] of lists.entries()) {
        const own = actual[name as CtOperationName][i]!;
        expect(own.length).toBe(weights.length);
        const expected = probabilities[name as CtOperationName][i]!;
        for (const [bin, probability] of binProbabilities(own, decay, threshold).entries()) {
          // The reference counts in float32.
          expect(own[bin]).toBeCloseTo(weights[bin]!, 6);
          expect(probability).toBeCloseTo(expected[bin]!, 6);
        }
      }
    }
  });

  it("draws the last bin that is in where rounding leaves a rest, never one that is out", () => {
    expect(drawBin([0, 0.5, 0.5, 0], 1)).toBe(2);
    expect(drawBin([0, 0.5, 0.5, 0], 0)).toBe(1);
    expect(drawBin([0, 0.5, 0.5, 0], 0.5)).toBe(2);
  });

  it("draws operations uniformly, and bins by their probabilities", () => {
    const control = createCtAugment({ depth: 1, decay: 0.5, cutout: false });
    // Two bins of Posterize fall below 0.8, one to a weight between.
    for (const [value, nearness] of [
      [0.05, 0],
      [0.3, 0],
      [0.95, 0.9],
    ] as const) {
      control.observe(one("Posterize", [value]), nearness);
    }
    const random = seeded(4);
    const counts = new Map<string, number>();
    const bins = new Array<number>(8).fill(0);
    for (let i = 0; i < 19_000; i++) {
      const [step] = control.policy(random);
      counts.set(step!.operation, (counts.get(step!.operation) ?? 0) + 1);
      if (step!.operation === "Posterize") bins[Math.floor(8 * step!.values[0]!)]!++;
    }
    expect(counts.size).toBe(19);
    // 1000 expected, with a standard deviation of 31.
    expect(Math.min(...counts.values())).toBeGreaterThan(850);
    expect(Math.max(...counts.values())).toBeLessThan(1150);
    // Weights with the summand: 1.5 of five bins, 1.45 of the last, 1 of the two that are out; the standard deviation of a share is 0.012.
    expect([bins[0], bins[2]]).toEqual([0, 0]);
    for (const [bin, weight] of [0, 1.5, 0, 1.5, 1.5, 1.5, 1.5, 1.45].entries()) {
      expect(Math.abs(bins[bin]! / counts.get("Posterize")! - weight / 8.95)).toBeLessThan(0.05);
    }
  });

  it("ends policies for training with a cutout, if wanted, and never probes", () => {
    const random = seeded(5);
    expect(createCtAugment({ depth: 3 }).policy(random).at(-1)).toMatchObject({ operation: "Cutout", values: [1] });
    expect(createCtAugment({ depth: 3 }).policy(random)).toHaveLength(4);
    expect(createCtAugment({ depth: 3 }).probe(random)).toHaveLength(3);
    expect(createCtAugment({ depth: 0, cutout: false }).policy(random)).toEqual([]);
    expect(createCtAugment({ cutout: false }).policy(random)).toHaveLength(2);
  });

  it("names what is wrong with its arguments, and changes nothing then", () => {
    expect(() => createCtAugment({ decay: 1 })).toThrow(new RangeError("decay is 1; expected a number in 0..1, 1 excluded"));
    expect(() => createCtAugment({ depth: 1.5 })).toThrow(/depth is 1.5/);
    expect(() => createCtAugment({ threshold: Number.NaN })).toThrow(/threshold is NaN/);
    const control = createCtAugment();
    const before = control.snapshot();
    expect(() => control.observe(one("Blur", [0.5]), Number.NaN)).toThrow(new RangeError("proximity is NaN; expected a number in 0..1"));
    expect(() => control.observe([...one("Blur", [0.5]), ...one("Blur", [])], 0)).toThrow(/policy\[1\]\.values has 0 numbers/);
    expect(control.snapshot()).toEqual(before);
    const { Blur, ...others } = before.rates;
    expect(() => restoreCtAugment({ ...before, rates: others as CtRates })).toThrow(
      /rates\.Blur has other bins; expected lists of 17 weights/,
    );
    expect(() => restoreCtAugment({ ...before, rates: { ...others, Blur: [Blur[0]!.map(() => 2)] } })).toThrow(
      /rates\.Blur has the weight 2/,
    );
  });
});

describe("proximity", () => {
  it("is 1 for certainty of the label, 0 for certainty of another, and that of the label between", () => {
    expect(proximity([0, 1], 1)).toBe(1);
    expect(proximity([0, 1], 0)).toBe(0);
    expect(proximity(Float32Array.of(0.25, 0.25, 0.5), 2)).toBe(0.5);
    expect(proximity(Float32Array.of(0, 1.00001), 0)).toBe(0);
  });

  it("names what is wrong with its arguments", () => {
    expect(() => proximity([0.5, 0.5], 2)).toThrow(new RangeError("label is 2; expected an integer in 0..1"));
    expect(() => proximity([0.5, Number.NaN], 0)).toThrow(new RangeError("probabilities[1] is NaN; expected a number in 0..1"));
    expect(() => proximity([2, -1], 0)).toThrow(/probabilities\[0\] is 2/);
  });
});
