import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binProbabilities } from "../src/bin-weights.js";
import {
  applyOperation,
  applyPolicy,
  type ByteImage,
  type CtOperationName,
  createCtAugment,
  cutout,
  flipImage,
  type Policy,
  randAugment,
  randAugmentOperations,
  restoreCtAugment,
  strongView,
  weakView,
} from "../src/index.js";
import { anyRandom, seeded } from "./helpers.js";

const side = fc.integer({ min: 1, max: 9 });
const anyImage: fc.Arbitrary<ByteImage> = fc
  .tuple(side, side, fc.constantFrom(1, 3), fc.boolean(), anyRandom)
  .map(([height, width, channels, clamped, random]) => {
    const data = Uint8Array.from({ length: height * width * channels }, () => 256 * random());
    return { data: clamped ? Uint8ClampedArray.from(data) : data, shape: [height, width, channels] as const } as ByteImage;
  });
const names = Object.keys(createCtAugment().rates()) as CtOperationName[];
const part = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(0, 0.5, 1) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
);
const anyPolicy: fc.Arbitrary<Policy> = fc.array(
  fc.tuple(fc.constantFrom(...names), part, part, part, part).map(([operation, a, b, y, x]) => {
    const count = createCtAugment().rates()[operation].length;
    return { operation, values: [a, b].slice(0, count), ...(operation === "Cutout" ? { center: [y, x] as const } : {}) };
  }),
  { maxLength: 4 },
);
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe("views of images", () => {
  it("keep the size and the kind of array, and leave their input alone", () => {
    fc.assert(
      fc.property(anyImage, anyPolicy, fc.integer(), fc.constantFrom("strong-first", "weak-first"), (image, policy, seed, order) => {
        const before = image.data.slice();
        for (const view of [
          applyPolicy(image, policy),
          applyPolicy(image, policy, { translation: "pixels" }),
          strongView(image, { random: seeded(seed), order }),
          weakView(image, { random: seeded(seed) }),
          cutout(image, { random: seeded(seed) }),
        ]) {
          expect(view.shape).toEqual(image.shape);
          expect(view.data.length).toBe(image.data.length);
          expect(Object.prototype.toString.call(view.data)).toBe(Object.prototype.toString.call(image.data));
          expect(view.data.buffer).not.toBe(image.data.buffer);
        }
        expect(image.data).toEqual(before);
      }),
    );
  });

  it("do the same to clamped bytes, and to a Buffer without sharing its memory", () => {
    fc.assert(
      fc.property(anyImage, anyPolicy, fc.integer(), ({ data, shape }, policy, seed) => {
        const plain = { data: Uint8Array.from(data), shape };
        const buffer = { data: Buffer.from(data), shape };
        const clamped = { data: Uint8ClampedArray.from(data), shape };
        for (const view of [
          (image: ByteImage) => applyPolicy(image, policy),
          (image: ByteImage) => strongView(image, { random: seeded(seed) }),
          (image: ByteImage) => cutout(image, { random: seeded(seed) }),
          (image: ByteImage) => randAugment(image, { random: seeded(seed), count: 0 }),
        ]) {
          const expected = Array.from(view(plain).data);
          expect(Array.from(view(buffer).data)).toEqual(expected);
          expect(Array.from(view(clamped).data)).toEqual(expected);
        }
        expect(Array.from(buffer.data)).toEqual(Array.from(data));
      }),
    );
  });

  it("are the image itself where a policy says so", () => {
    const still: Policy[] = [
      [],
      [{ operation: "Identity", values: [] }],
      ...(["AutoContrast", "Blur", "Equalize", "Invert", "Smooth", "Cutout"] as const).map((operation) => [
        { operation, values: [0], center: [0.5, 0.5] as const },
      ]),
      ...(["ShearX", "ShearY", "Rotate", "TranslateX", "TranslateY"] as const).map((operation) => [{ operation, values: [0.5] }]),
      ...(["Posterize", "Solarize"] as const).map((operation) => [{ operation, values: [1] }]),
      ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((method) => [{ operation: "Rescale" as const, values: [0, method] }]),
    ];
    fc.assert(
      fc.property(anyImage, (image) => {
        for (const policy of still) {
          // Solarize spares all but the value 255 at 1.
          const source = { ...image, data: image.data.map((v) => Math.min(v, 254)) } as ByteImage;
          expect(applyPolicy(source, policy), JSON.stringify(policy)).toEqual(source);
        }
        for (const name of ["Brightness", "Color", "Contrast", "Sharpness"] as const) expect(applyOperation(image, name, 1)).toEqual(image);
      }),
    );
  });

  it("turn a policy step by step: a policy is its steps one after another", () => {
    fc.assert(
      fc.property(anyImage, anyPolicy, (image, policy) => {
        const inTurn = policy.reduce<ByteImage>((view, step) => applyPolicy(view, [step]), image);
        expect(Array.from(applyPolicy(image, policy).data)).toEqual(Array.from(inTurn.data));
      }),
    );
  });

  it("commute with flips where nothing is moved in one direction only", () => {
    const even = names.filter((name) => !["Cutout", "Rotate", "ShearX", "ShearY", "TranslateX", "Rescale"].includes(name));
    fc.assert(
      fc.property(anyImage, fc.constantFrom(...even), part, (image, operation, level) => {
        const policy: Policy = [{ operation, values: operation === "Identity" ? [] : [level] }];
        expect(applyPolicy(flipImage(image), policy)).toEqual(flipImage(applyPolicy(image, policy)));
      }),
    );
  });

  it("are strong then weak, or weak then strong, with the same draws", () => {
    fc.assert(
      fc.property(anyImage, fc.integer(), fc.boolean(), (image, seed, flip) => {
        const [first, second, third, fourth] = [1, 2, 3, 4].map(() => seeded(seed)) as [
          () => number,
          () => number,
          () => number,
          () => number,
        ];
        const weak = { flip };
        expect(strongView(image, { random: first, weak })).toEqual(
          weakView(randAugment(image, { random: second }), { random: second, flip }),
        );
        expect(strongView(image, { random: third, weak, order: "weak-first" })).toEqual(
          randAugment(weakView(image, { random: fourth, flip }), { random: fourth }),
        );
      }),
    );
    const image = { data: new Uint8Array(3), shape: [1, 1, 3] as const };
    expect(() => strongView(image, { random: Math.random, order: "weak" as "weak-first" })).toThrow(
      /order is weak; expected "strong-first" or/,
    );
  });

  it("draw from the chosen operations only", () => {
    fc.assert(
      fc.property(anyImage, fc.constantFrom(...randAugmentOperations), fc.integer(), (image, name, seed) => {
        const view = randAugment(image, { random: seeded(seed), count: 1, operations: [name], cutoutSide: 0 });
        const draws = seeded(seed);
        draws();
        const u = draws();
        const range = { Rotate: [-30, 30], Posterize: [4, 8], Solarize: [0, 256] }[name as string] ?? [0.05, 0.95];
        const [low, high] = /^(Shear|Translate)/.test(name) ? [-0.3, 0.3] : (range as [number, number]);
        expect(view).toEqual(applyOperation(image, name, low + (high - low) * u));
      }),
    );
    const image = { data: new Uint8Array(3), shape: [1, 1, 3] as const };
    const random = Math.random;
    expect(() => randAugment(image, { random, operations: ["Color", "Blur" as "Color"] })).toThrow(
      /^operations\[1\] is Blur; expected one of/,
    );
    expect(() => randAugment(image, { random, operations: [] })).toThrow(/operations is empty/);
    expect(randAugmentOperations).toHaveLength(14);
  });
});

/** Observations of probes with any nearness. */
const anyHistory = fc.array(fc.tuple(fc.integer(), part), { maxLength: 60 });
const anySettings = fc.record({ decay: fc.constantFrom(0, 0.3, 0.9, 0.99), threshold: part, depth: fc.integer({ min: 0, max: 4 }) });

describe("CTAugment", () => {
  it("keeps weights in 0..1 and probabilities a distribution, and draws no bin of probability 0", () => {
    fc.assert(
      fc.property(anySettings, anyHistory, anyRandom, (settings, history, random) => {
        const control = createCtAugment({ ...settings, cutout: false });
        for (const [seed, nearness] of history) control.observe(control.probe(seeded(seed)), nearness);
        const rates = control.rates();
        for (const weights of Object.values(rates).flat()) {
          for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(0);
          for (const weight of weights) expect(weight).toBeLessThanOrEqual(1);
          const probabilities = binProbabilities(weights, settings.decay, settings.threshold);
          expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        }
        for (let i = 0; i < 20; i++) {
          for (const { operation, values } of control.policy(random)) {
            for (const [k, value] of values.entries()) {
              const weights = rates[operation][k]!;
              const bin = Math.min(weights.length - 1, Math.floor(value * weights.length));
              expect(binProbabilities(weights, settings.decay, settings.threshold)[bin]).toBeGreaterThan(0);
            }
          }
        }
      }),
    );
  });

  it("goes on identically from a snapshot, even through JSON, and shares nothing with it", () => {
    fc.assert(
      fc.property(anySettings, anyHistory, anyHistory, fc.integer(), (settings, before, after, seed) => {
        const one = createCtAugment(settings);
        for (const [s, nearness] of before) one.observe(one.probe(seeded(s)), nearness);
        const snapshot = one.snapshot();
        const kept = json(snapshot);
        const other = restoreCtAugment(kept);
        const [first, second] = [seeded(seed), seeded(seed)];
        for (const [s, nearness] of after) {
          one.observe(one.probe(seeded(s)), nearness);
          other.observe(other.probe(seeded(s)), nearness);
          expect(other.policy(first)).toEqual(one.policy(second));
        }
        expect(other.snapshot()).toEqual(one.snapshot());
        expect(kept).toEqual(json(snapshot));
      }),
    );
  });

  it("draws policies that give the same pixels wherever they are applied", () => {
    fc.assert(
      fc.property(anyImage, anyRandom, (image, random) => {
        const control = createCtAugment();
        for (const policy of [control.policy(random), control.probe(random)]) {
          expect(applyPolicy(structuredClone(image), json(policy))).toEqual(applyPolicy(image, policy));
          expect(structuredClone(policy)).toEqual(policy);
        }
      }),
    );
  });

  it("moves the weight of the observed bin towards the nearness, and no other", () => {
    fc.assert(
      fc.property(anySettings, fc.constantFrom(...names), part, part, part, ({ decay }, operation, a, b, nearness) => {
        const control = createCtAugment({ decay });
        const before = control.rates();
        const values = [a, b].slice(0, before[operation].length);
        control.observe([{ operation, values }], nearness);
        for (const [name, lists] of Object.entries(control.rates())) {
          for (const [k, weights] of lists.entries()) {
            for (const [bin, weight] of weights.entries()) {
              const hit =
                name === operation &&
                values[k]! * weights.length >= bin &&
                (values[k]! * weights.length < bin + 1 || bin === weights.length - 1);
              expect(weight).toBeCloseTo(hit ? decay + (1 - decay) * nearness : 1, 12);
            }
          }
        }
      }),
    );
  });
});
