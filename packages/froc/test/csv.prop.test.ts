import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMarkReader, isFrocFileError, parseCandidates, parseFindings, parseScans } from "../src/index.js";
import { parseDecimal } from "../src/parse-decimal.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const decimal = (text: string): number => {
  const padded = bytes(`xx${text}yy`);
  return parseDecimal(padded, 2, padded.length - 2);
};

describe("numbers", () => {
  test("any way to write one gives the double that JavaScript reads", () => {
    const written = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toPrecision(9)),
      fc
        .tuple(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.integer({ min: 0, max: 20 }))
        .map(([value, digits]) => value.toFixed(digits)),
      fc
        .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 16 }))
        .map(([value, digits]) => value.toExponential(digits)),
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.integer({ min: -30, max: 30 })).map(([m, e]) => `${m}e${e}`),
    );
    fc.assert(
      fc.property(written, (text) => {
        expect(decimal(text)).toBe(Number(text));
        expect(decimal(` ${text} `)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("what is no decimal number is NaN", () => {
    for (const text of ["", " ", "-", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "nan", "inf", "Infinity", "1 2", "--1", "1.2.3"])
      expect(decimal(text)).toBeNaN();
  });
});

describe("rows", () => {
  // Identifiers with everything that needs quotes.
  const id = fc.string({ unit: fc.constantFrom("a", "b", "1", ".", ",", '"', "é", "-"), minLength: 1, maxLength: 12 });
  const cell = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const mark = fc.record({ scan: id, x: cell, y: cell, z: cell, probability: cell });

  test("any cut of the bytes and any line ends give the same marks", () => {
    fc.assert(
      fc.property(
        fc.array(mark, { maxLength: 8 }),
        fc.array(fc.nat(60)),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        (marks, cuts, lineEnd, last) => {
          const rows = marks.map(({ scan, x, y, z, probability }) => `"${scan.replaceAll('"', '""')}",${x},${y},note,${z},${probability}`);
          const text = ["seriesuid,coordX,coordY,who,coordZ,probability", ...rows].join(lineEnd) + (last ? lineEnd : "");
          const all = bytes(`\ufeff${text}`);
          const read: unknown[] = [];
          const reader = createMarkReader((scan, x, y, z, probability, diameterMm) => {
            expect(diameterMm).toBeNaN();
            read.push({ scan, x, y, z, probability });
          });
          let at = 0;
          for (const cut of cuts) reader.push(all.slice(at, (at += cut)));
          reader.push(all.slice(at));
          reader.end();
          // -0 is written as 0.
          const zero = (value: number): number => value + 0;
          expect(read).toEqual(
            marks.map((m) => ({ scan: m.scan.trim(), x: zero(m.x), y: zero(m.y), z: zero(m.z), probability: zero(m.probability) })),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("any bytes give marks or one of our errors", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        for (const read of [parseCandidates, parseFindings, parseScans]) {
          try {
            read(new Uint8Array([...bytes("seriesuid,coordX,coordY,coordZ,probability,diameter_mm\n"), ...noise]));
          } catch (error) {
            expect(isFrocFileError(error)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("columns are found by name, in any order and case", () => {
    expect(parseCandidates("Probability,coordz,coordy,coordx,SERIESUID,diameter_mm\n0.5,3,2,1,a,7\n")).toEqual([
      { scan: "a", x: 1, y: 2, z: 3, probability: 0.5, diameterMm: 7 },
    ]);
  });

  test("errors name the file, the line and what was expected", () => {
    const message = (read: () => unknown): string => {
      try {
        read();
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing was thrown";
    };
    expect(message(() => parseCandidates("seriesuid,x,y,z,p\n", "c.csv"))).toBe(
      "c.csv, line 1: the column coordX is missing; the header is seriesuid,x,y,z,p",
    );
    expect(message(() => parseCandidates("", "c.csv"))).toBe("c.csv: the file is empty; expected a header");
    const header = "seriesuid,coordX,coordY,coordZ,probability\n";
    expect(message(() => parseCandidates(`${header}a,1,2,3,0.5\n\na,1,2,three,0.5\n`, "c.csv"))).toBe(
      'c.csv, line 4: coordZ is "three"; expected a number',
    );
    expect(message(() => parseCandidates(`${header}a,1,2\n`, "c.csv"))).toBe("c.csv, line 2: coordZ is missing; expected a number");
    expect(message(() => parseCandidates(`${header}"a,1,2,3,4\n`, "c.csv"))).toBe("c.csv, line 2: a quoted field has no end on its line");
    expect(message(() => parseFindings("", "a.csv"))).toBe("a.csv: the file is empty; expected a header");
    expect(message(() => parseCandidates("x".repeat(2 ** 20 + 1), "c.csv"))).not.toBe("");
  });

  test("the list of scans has no header, or the one word that LUNA16 would use", () => {
    expect(parseScans("a\r\nb\r\n\r\nc,1")).toEqual(["a", "b", "c"]);
    expect(parseScans("seriesuid\na\n")).toEqual(["a"]);
    expect(parseScans("")).toEqual([]);
  });
});
