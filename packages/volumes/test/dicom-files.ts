/** An element as it is written: its tag, its value representation and its value. */
export type Element = [tag: number, vr: string, value: string | number | number[] | Uint8Array | Element[][]];

const longVrs = new Set(["OB", "OW", "SQ", "UN", "UT"]);

/** The bytes of elements in Explicit VR Little Endian, as PS3.5 says, written independently of what reads them. */
export function elementBytesOf(elements: readonly Element[]): Uint8Array {
  return joined(...elements.map(([tag, vr, value]) => oneElement(tag, vr, value)));
}

function oneElement(tag: number, vr: string, value: Element[2]): Uint8Array {
  let bytes: Uint8Array;
  if (value instanceof Uint8Array) bytes = value;
  else if (typeof value === "string") bytes = new TextEncoder().encode(value);
  else if (vr === "SQ") {
    const items = (value as Element[][]).map((item) => {
      const content = elementBytesOf(item);
      return joined(uint16(0xfffe), uint16(0xe000), uint32(content.length), content);
    });
    bytes = joined(...items);
  } else bytes = joined(...[value as number | number[]].flat().map((n) => (vr === "UL" ? uint32(n) : uint16(n))));
  if (bytes.length % 2) bytes = joined(bytes, Uint8Array.of(vr === "UI" || vr === "OB" ? 0 : 32));
  const head = joined(uint16(tag >>> 16), uint16(tag & 0xffff), new TextEncoder().encode(vr));
  return longVrs.has(vr) ? joined(head, uint16(0), uint32(bytes.length), bytes) : joined(head, uint16(bytes.length), bytes);
}

/** A file with its preamble. */
export function dicomFile(elements: readonly Element[], transferSyntax = "1.2.840.10008.1.2.1"): Uint8Array {
  const meta = elementBytesOf([[0x00020010, "UI", transferSyntax]]);
  return joined(new Uint8Array(128), new TextEncoder().encode("DICM"), meta, elementBytesOf(elements));
}

/** What a test wants to be different about a slice. */
export interface SliceParts {
  series?: string;
  position?: string | undefined;
  orientation?: string;
  spacing?: string;
  values?: ArrayLike<number>;
  rows?: number;
  columns?: number;
  /** Elements that replace or follow those of the slice; undefined takes one away. */
  more?: readonly Element[];
  without?: readonly number[];
  bits?: number;
  signed?: boolean;
}

/** The elements of a CT slice of 3 x 2 pixels, unsigned 16 bits with the intercept -1000; with a patient, who must never be told of. */
export function sliceElements(parts: SliceParts = {}): Element[] {
  const {
    series = "1.2.3",
    orientation = "1\\0\\0\\0\\1\\0",
    spacing = "0.5\\0.75",
    rows = 2,
    columns = 3,
    more = [],
    without = [],
  } = parts;
  const { bits = 16, signed = false, values = [0, 1000, 1040, 24, 900, 1200] } = parts;
  const position = "position" in parts ? parts.position : "-10\\-20\\30";
  const kind = bits === 8 ? Uint8Array : bits === 32 ? Uint32Array : Uint16Array;
  const elements: Element[] = [
    [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"],
    [0x00080018, "UI", `1.2.3.4.${(position ?? "").replace(/[^0-9]+/g, ".")}`],
    [0x00080060, "CS", "CT"],
    [0x0008103e, "LO", "LUNG"],
    [0x00100010, "PN", "SECRET^NAME"],
    [0x00100020, "LO", "SECRET-ID"],
    [0x0020000e, "UI", series],
    ...(position === undefined ? [] : [[0x00200032, "DS", position] as Element]),
    [0x00200037, "DS", orientation],
    [0x00280002, "US", 1],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", rows],
    [0x00280011, "US", columns],
    [0x00280030, "DS", spacing],
    [0x00280100, "US", bits],
    [0x00280101, "US", bits],
    [0x00280102, "US", bits - 1],
    [0x00280103, "US", Number(signed)],
    [0x00281052, "DS", "-1000"],
    [0x00281053, "DS", "1"],
    [0x7fe00010, bits === 8 ? "OB" : "OW", new Uint8Array(kind.from(values).buffer)],
  ];
  const replaced = new Set([...more.map(([tag]) => tag), ...without]);
  return [...elements.filter(([tag]) => !replaced.has(tag)), ...more].sort(([a], [b]) => a - b);
}

export const sliceFile = (parts: SliceParts = {}): Uint8Array => dicomFile(sliceElements(parts));

/** Files of slices along z, named so that the order of names is not that of places. */
export function stackFiles(zs: readonly number[], each: (index: number) => SliceParts = () => ({})): Record<string, Uint8Array> {
  const names = zs.map((_, i) => `${(i * 7) % 10}-${i}.dcm`);
  return Object.fromEntries(
    zs.map((z, i) => [names[i]!, sliceFile({ position: `-10\\-20\\${z}`, values: [i, i, i, i, i, 1000 + i], ...each(i) })]),
  );
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
const uint16 = (n: number): Uint8Array => Uint8Array.of(n & 255, (n >>> 8) & 255);
const uint32 = (n: number): Uint8Array => Uint8Array.of(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24);
