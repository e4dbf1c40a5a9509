/** A Huffman table (ITU-T T.81, annex C and F.2.2.3). */
export interface HuffmanTable {
  /** For the next 8 bits: length of the code · 256 + its symbol, or 0 where the code is longer. */
  readonly fast: Uint16Array;
  /** For each length 1..16 the largest code, or -1, and what added to a code gives the place of its symbol. */
  readonly largest: Int32Array;
  readonly shift: Int32Array;
  readonly symbols: Uint8Array;
}

/** The table of some counts of codes of 1 to 16 bits and their symbols; undefined where there are more codes than fit. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const fast = new Uint16Array(256);
  const largest = new Int32Array(17).fill(-1);
  const shift = new Int32Array(17);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    shift[length] = place - code;
    if (count > 0) {
      if (code + count > 1 << length) return undefined;
      for (let i = 0; i < count && length <= 8; i++) {
        const from = (code + i) << (8 - length);
        fast.fill(length * 256 + symbols[place + i]!, from, from + (1 << (8 - length)));
      }
      place += count;
      code += count;
      largest[length] = code - 1;
    }
    code <<= 1;
  }
  return { fast, largest, shift, symbols };
}

/** Thrown inside of the decoder only, where a stream cannot be what it says. */
export interface JpegFault {
  readonly jpegFault: string;
}
export const jpegFault = (what: string): JpegFault => ({ jpegFault: what });

/** The bits of a scan: stuffed zeros removed, stopping at markers. */
export interface BitReader {
  /** The next `count` bits, 0 to 16. */
  bits(count: number): number;
  symbol(table: HuffmanTable): number;
  /** The next `count` bits as a signed difference (F.2.2.1, EXTEND). */
  difference(count: number): number;
  /** Goes on behind the next restart marker; false where there is none. */
  restart(): boolean;
  /** Where the bytes of the scan end, or as far as it has been read. */
  position(): number;
}

/** Beyond the end of a scan its writer may leave out some bits; more than these are missing ones. */
const slackBits = 24;

export function bitReader(bytes: Uint8Array, start: number): BitReader {
  let at = start;
  let held = 0;
  let count = 0;
  let missing = 0;
  const fill = (): void => {
    while (count <= 16) {
      let byte = bytes[at];
      if (byte === undefined || (byte === 0xff && bytes[at + 1] !== 0)) {
        missing += 8;
        if (missing > slackBits + 16) throw jpegFault("its JPEG stream ends early");
        byte = 0;
      } else at += byte === 0xff ? 2 : 1;
      held = ((held << 8) | byte) & 0xffffffff;
      count += 8;
    }
  };
  const bits = (wanted: number): number => {
    if (wanted === 0) return 0;
    if (count < wanted) fill();
    count -= wanted;
    return (held >>> count) & ((1 << wanted) - 1);
  };
  return {
    bits,
    symbol({ fast, largest, shift, symbols }) {
      if (count < 16) fill();
      const quick = fast[(held >>> (count - 8)) & 255]!;
      if (quick > 0) {
        count -= quick >> 8;
        return quick & 255;
      }
      for (let length = 9; length <= 16; length++) {
        const code = (held >>> (count - length)) & ((1 << length) - 1);
        if (code <= largest[length]!) {
          count -= length;
          return symbols[code + shift[length]!]!;
        }
      }
      throw jpegFault("its JPEG stream holds a code that is not in its table");
    },
    difference(wanted) {
      const value = bits(wanted);
      return wanted > 0 && value < 1 << (wanted - 1) ? value - (1 << wanted) + 1 : value;
    },
    restart() {
      held = 0;
      count = 0;
      missing = 0;
      while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff)) at++;
      const marker = bytes[at + 1];
      if (marker === undefined || marker < 0xd0 || marker > 0xd7) return false;
      at += 2;
      return true;
    },
    position: () => at,
  };
}
