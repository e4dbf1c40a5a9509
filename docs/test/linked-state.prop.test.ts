import fc from "fast-check";
import { expect, test } from "vitest";
import { historySchema, ownSchema } from "../.vitepress/theme/live/curriculum-settings.js";
import { focalSchema } from "../.vitepress/theme/live/focal-settings.js";
import {
  linkedChoice,
  linkedFlag,
  linkedInteger,
  linkedNumber,
  linkedNumbers,
  presetsOf,
  readHash,
  type Schema,
  writeHash,
} from "../.vitepress/theme/live/linked-state.js";

const schema = {
  number: linkedNumber(0.5, -2, 2),
  count: linkedInteger(3, 0, 9),
  flag: linkedFlag(true),
  word: linkedChoice("b", ["a", "b", "c"]),
  some: linkedNumbers([1, 2, 3], 0, 10),
  any: linkedNumbers([], 0, 10, 4),
};

const states = fc.record({
  number: fc.integer({ min: -200, max: 200 }).map((n) => n / 100),
  count: fc.integer({ min: 0, max: 9 }),
  flag: fc.boolean(),
  word: fc.constantFrom("a", "b", "c"),
  some: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 3, maxLength: 3 }),
  any: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 4 }),
});

test("a link restores any state, whatever other parts of the page have in it", () => {
  fc.assert(
    fc.property(states, (state) => {
      const hash = writeHash(schema, state as never, "#other=kept");
      expect(new URLSearchParams(hash.slice(1)).get("other")).toBe("kept");
      expect({ ...presetsOf(schema), ...readHash(schema, hash) }).toEqual(state);
    }),
  );
});

test("any text is read without an error, to values that are in range", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.tuple(fc.constantFrom(...Object.keys(schema)), fc.string())), (text, pairs) => {
      for (const hash of [text, `#${new URLSearchParams(pairs)}`]) {
        const state = { ...presetsOf(schema), ...readHash(schema, hash) };
        expect(Math.abs(state.number)).toBeLessThanOrEqual(2);
        expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(state.count);
        expect(typeof state.flag).toBe("boolean");
        expect(["a", "b", "c"]).toContain(state.word);
        expect(state.some).toHaveLength(3);
        expect(state.any.length).toBeLessThanOrEqual(4);
      }
    }),
  );
});

test("what is no value of the schema is left out", () => {
  expect(readHash(schema, "#number=3&count=2.5&flag=yes&word=d&some=1~2&any=1~2~3~4~5")).toEqual({});
  expect(readHash(schema, "#number=&count=NaN&flag=&word=&some=1~x~3&any=11")).toEqual({});
  expect(readHash(schema, "#a-heading")).toEqual({});
  expect(readHash(schema, "#any=")).toEqual({ any: [] });
});

test("a state that is the preset leaves the address alone, a heading gives way to a state", () => {
  const state = presetsOf(schema);
  expect(writeHash(schema, state, "#a-heading")).toBe("");
  expect(writeHash(schema, { ...state, count: 4 }, "#a-heading")).toBe("#count=4");
  expect(writeHash(schema, state, "#count=4&other=1")).toBe("#other=1");
});

test.each<[string, Schema]>([
  ["curriculum", { ...historySchema, ...ownSchema }],
  ["focal loss", focalSchema],
])("the preset of %s is in the ranges of its schema", (_name, page) => {
  for (const linked of Object.values(page)) expect(linked.read(linked.write(linked.preset))).toEqual(linked.preset);
});
