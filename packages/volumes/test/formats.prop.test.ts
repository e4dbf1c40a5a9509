import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createVolume,
  formatVolume,
  isVolumeError,
  type Matrix3,
  parseMetaImage,
  parseNifti,
  parseNrrd,
  parseVolume,
  type VolumeFiles,
  type VoxelArray,
} from "../src/index.js";

const arrays = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array] as const;
const names = ["scan.mhd", "scan.mha", "folder/scan.mhd", "scan.nii", "scan.nii.gz", "scan.hdr", "scan.nrrd", "a b/scan.nhdr"] as const;
const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const rotation = (t: number, u: number): Matrix3 => [
  Math.cos(t),
  -Math.sin(t) * Math.cos(u),
  Math.sin(t) * Math.sin(u),
  Math.sin(t),
  Math.cos(t) * Math.cos(u),
  -Math.cos(t) * Math.sin(u),
  0,
  Math.sin(u),
  Math.cos(u),
];

const volumes = fc
  .record({
    kind: fc.constantFrom(...arrays),
    shape: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    spacingMm: fc.tuple(real(0.2, 9), real(0.2, 9), real(0.2, 9)),
    originMm: fc.tuple(real(-900, 900), real(-900, 900), real(-900, 900)),
    direction: fc.tuple(real(-3, 3), real(-3, 3)).map(([t, u]) => rotation(t, u)),
    bytes: fc.uint8Array({ minLength: 1000, maxLength: 1000 }),
  })
  .map(({ kind, shape, bytes, ...grid }) => {
    const n = shape[0] * shape[1] * shape[2];
    return createVolume({ ...grid, shape, data: new kind(bytes.slice().buffer as ArrayBuffer, 0, n) as VoxelArray });
  });

/** The bits, because NaN is a value too. */
const bitsOf = (data: VoxelArray): number[] => Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

describe("reading what was written", () => {
  test.each(names)("%s gives the same voxels of every type, at the same places", (name) => {
    fc.assert(
      fc.property(volumes, fc.boolean(), (volume, compressed) => {
        const back = parseVolume(formatVolume(volume, name, { compressed }), { path: name });
        expect(back.data.constructor).toBe(volume.data.constructor);
        expect(bitsOf(back.data)).toEqual(bitsOf(volume.data));
        expect(back.shape).toEqual(volume.shape);
        // NIfTI holds 32-bit floats, NRRD the products of directions and spacings, MetaImage text of all digits.
        const within = /\.(nii|nii\.gz|hdr)$/.test(name) ? 1e-5 : /\.n(rrd|hdr)$/.test(name) ? 1e-13 : 0;
        for (const key of ["spacingMm", "originMm", "direction"] as const) {
          for (const [i, value] of volume[key].entries()) {
            expect(Math.abs(back[key][i]! - value)).toBeLessThanOrEqual(within * Math.max(10, Math.abs(value)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Reads bytes that may be anything: a volume or one of our errors, and not more memory than the limit. */
function readAnything(work: () => { data: VoxelArray; shape: number[] }): string {
  try {
    const { data, shape } = work();
    expect(data.byteLength).toBeLessThanOrEqual(2 ** 20);
    expect(data.length).toBe(shape.reduce((product, n) => product * n, 1));
    return "a volume";
  } catch (error) {
    if (!isVolumeError(error)) throw error;
    expect(error.message.startsWith(error.path)).toBe(true);
    return error.tag;
  }
}
const limits = { maxBytes: 2 ** 20 };
const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
const changed = (bytes: Uint8Array, edits: [number, number][], within = bytes.length): Uint8Array => {
  const copy = bytes.slice();
  for (const [at, value] of edits) copy[at % Math.min(within, copy.length)] = value;
  return copy;
};
const sample = createVolume({
  data: Int16Array.from({ length: 60 }, (_, i) => 37 * i - 1000),
  shape: [3, 4, 5],
  spacingMm: [2.5, 0.7, 0.7],
});

describe("bytes that may be anything", () => {
  test("noise gives one of our errors", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.constantFrom("a.mhd", "a.mha", "a.nii", "a.nii.gz", "a.hdr", "a.img", "a.nrrd", "a.nhdr", "a"),
        (bytes, name) => {
          readAnything(() => parseVolume({ [name]: bytes, "a.hdr": bytes }, { path: name, ...limits }));
        },
      ),
    );
  });

  test.each(names)("%s with changed bytes, anywhere or in its header, or cut off", (name) => {
    const files = formatVolume(sample, name);
    const all = Object.keys(files);
    fc.assert(
      fc.property(changes, fc.nat(), fc.option(fc.nat()), fc.boolean(), (edits, which, cut, head) => {
        const hurt = all[which % all.length]!;
        const bytes = changed(files[hurt]!, edits, head ? 352 : undefined);
        const damaged: VolumeFiles = { ...files, [hurt]: cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1)) };
        readAnything(() => parseVolume(damaged, { path: name, ...limits }));
      }),
      { numRuns: 300 },
    );
  });

  test("MetaImage headers of any tags and values", () => {
    const tags = fc.constantFrom(
      "NDims",
      "DimSize",
      "ElementSpacing",
      "ElementType",
      "HeaderSize",
      "CompressedData",
      "TransformMatrix",
      "Offset",
      "ElementNumberOfChannels",
      "BinaryData",
    );
    const values = fc.oneof(
      fc.array(fc.oneof(fc.integer({ min: -2, max: 9 }), fc.integer(), fc.double()), { maxLength: 9 }).map((numbers) => numbers.join(" ")),
      fc.constantFrom("True", "False", "MET_SHORT", "MET_DOUBLE", "1e308 1e308 1e308", "99999 99999 99999", "__proto__", "constructor", ""),
      fc.string({ maxLength: 12 }),
    );
    const files = fc.constantFrom(
      "LOCAL",
      "LIST",
      "LIST 2",
      "a.raw",
      "%03d.raw 0 9 1",
      "%d.raw",
      "../a.raw",
      "/etc/passwd",
      "%99999999d.raw 1 999999999",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(tags, values), { maxLength: 6 }), files, (lines, file) => {
        const base: [string, string][] = [
          ["NDims", "3"],
          ["DimSize", "5 4 3"],
          ["ElementType", "MET_SHORT"],
        ];
        const text = [...base, ...lines, ["ElementDataFile", file]].map(([tag, value]) => `${tag} = ${value}\n`).join("");
        readAnything(() =>
          parseMetaImage(new TextEncoder().encode(`${text}${"x".repeat(200)}`), { files: { "a.raw": new Uint8Array(500) }, ...limits }),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("NRRD headers of any fields and values", () => {
    const fields = fc.constantFrom(
      "type",
      "dimension",
      "sizes",
      "encoding",
      "endian",
      "space",
      "space dimension",
      "space directions",
      "space origin",
      "space units",
      "spacings",
      "axis mins",
      "axis maxs",
      "centerings",
      "kinds",
      "line skip",
      "byte skip",
      "data file",
    );
    const values = fc.oneof(
      fc.array(fc.oneof(fc.integer({ min: -2, max: 9 }), fc.integer(), fc.double()), { maxLength: 5 }).map((numbers) => numbers.join(" ")),
      fc.constantFrom("float", "uint8", "raw", "gzip", "hex", "text", "little", "LPS", "(1,0,0) (0,1,0) (0,0,1)", "none none none", "(,,)"),
      fc.constantFrom(
        "LIST",
        "LIST 1",
        "a.raw",
        "../a.raw",
        "/a.raw",
        "%d.raw 1 3 1",
        "%99d.raw 1 99999999 1",
        "%d 1 2 0",
        "99999 99999 99999",
      ),
      fc.string({ maxLength: 12 }),
    );
    const base: [string, string][] = [
      ["type", "short"],
      ["dimension", "3"],
      ["sizes", "5 4 3"],
      ["encoding", "raw"],
      ["endian", "little"],
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, values), { maxLength: 5 }), fc.nat({ max: 5 }), (lines, keep) => {
        const changed = new Map([...base.slice(0, keep), ...lines, ...base.slice(keep)]);
        const text = `NRRD0005\n${[...changed].map(([field, value]) => `${field}: ${value}\n`).join("")}\n${"07 ".repeat(100)}`;
        readAnything(() => parseNrrd(new TextEncoder().encode(text), { files: { "a.raw": new Uint8Array(500) }, ...limits }));
      }),
      { numRuns: 500 },
    );
  });

  test("NIfTI headers with any fields", () => {
    const bytes = formatVolume(sample, "a.nii")["a.nii"]!;
    const field = fc.oneof(
      fc.tuple(
        fc.integer({ min: 20, max: 27 }).map((n) => 2 * n),
        fc.integer({ min: -32768, max: 32767 }),
        fc.constant("setInt16" as const),
      ),
      fc.tuple(fc.constantFrom(70, 252, 254), fc.integer({ min: -1, max: 2000 }), fc.constant("setInt16" as const)),
      fc.tuple(
        fc.integer({ min: 19, max: 29 }).map((n) => 4 * n),
        fc.oneof(fc.double(), fc.float()),
        fc.constant("setFloat32" as const),
      ),
      fc.tuple(
        fc.integer({ min: 64, max: 81 }).map((n) => 4 * n),
        fc.oneof(fc.double(), fc.float()),
        fc.constant("setFloat32" as const),
      ),
    );
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), (fields) => {
        const copy = bytes.slice();
        const view = new DataView(copy.buffer);
        for (const [at, value, set] of fields) view[set](at, value, true);
        readAnything(() => parseNifti(copy, limits));
      }),
      { numRuns: 500 },
    );
  });
});
