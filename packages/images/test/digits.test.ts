import fc from "fast-check";
import { expect, test } from "vitest";
import { isImageSetError, parseDigits } from "../src/index.js";

const line = (label: unknown, first: unknown = 0): string => [first, ...Array(63).fill(0), label].join(",");

test("lines with either end, with or without the last one, and numbers written with a point", () => {
  for (const text of [`${line(3, 16)}\n${line(9)}\n`, `${line(3, 16)}\r\n${line(9)}`, `${line("3.0", " 16.00")}\n${line(" 9")}`]) {
    const { images, labels, shape, classNames } = parseDigits(text);
    expect(shape).toEqual([2, 8, 8, 1]);
    expect([...labels]).toEqual([3, 9]);
    expect([...images.subarray(0, 2)]).toEqual([255, 0]);
    expect(classNames).toHaveLength(10);
  }
});

test.each([
  ["", "Truncated", "no lines"],
  ["1,2,3", "Malformed", "line 1 has 3 fields"],
  [`${line(1)}\n\n${line(2)}`, "Malformed", "line 2 has 1 fields"],
  [line(10), "Malformed", 'field 65 of line 1 is "10", expected an integer from 0 to 9'],
  [line(1, 17), "Malformed", "field 1 of line 1"],
  [line(1, -1), "Malformed", "-1"],
  [line(1, "x"), "Malformed", '"x"'],
  [line(1, ""), "Malformed", '""'],
  [line(1, 0.5), "Malformed", "0.5"],
  [`pixel,${line(1)}`, "Malformed", "66 fields"],
])("%j is refused", (text, tag, message) => {
  let caught: unknown;
  try {
    parseDigits(text, { path: "digits.csv" });
  } catch (error) {
    caught = error;
  }
  expect(isImageSetError(caught) && caught.tag).toBe(tag);
  expect(String(caught)).toContain(`digits.csv: `);
  expect(String(caught)).toContain(message);
});

test("any text gives digits or our error", () => {
  const field = fc.oneof(fc.nat(20).map(String), fc.string({ maxLength: 4 }));
  const text = fc.oneof(
    fc.string(),
    fc.array(field, { minLength: 65, maxLength: 65 }).map((fields) => fields.join(",")),
  );
  fc.assert(
    fc.property(text, (value) => {
      try {
        const { shape, images } = parseDigits(value);
        expect(images.length).toBe(64 * shape[0]);
      } catch (error) {
        if (!isImageSetError(error)) throw error;
      }
    }),
  );
});
