// Pictures as data URIs, without a canvas, so that the server renders them as the browser does.

const signature = [137, 80, 78, 71, 13, 10, 26, 10];

/** Remainders of CRC-32 by byte (PNG, second edition, annex D). */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: ArrayLike<number>): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = remainders[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** RFC 1950. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}

const bigEndian = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** Bytes as a zlib stream of stored blocks: patches are small, and an encoder would be larger than what it saves. */
function stored(bytes: Uint8Array): number[] {
  const out = [0x78, 0x01];
  const most = 0xffff;
  for (let at = 0; at < bytes.length; at += most) {
    const block = bytes.subarray(at, at + most);
    const isLast = at + most >= bytes.length;
    out.push(isLast ? 1 : 0, block.length & 255, block.length >> 8, ~block.length & 255, (~block.length >> 8) & 255);
    for (const byte of block) out.push(byte);
  }
  out.push(...bigEndian(adler32(bytes)));
  return out;
}

function chunk(name: string, data: readonly number[]): number[] {
  const body = [...Array.from(name, (letter) => letter.charCodeAt(0)), ...data];
  return [...bigEndian(data.length), ...body, ...bigEndian(crc32(body))];
}

function pngUri(
  pixels: Uint8Array,
  width: number,
  height: number,
  { channels, colorType }: { channels: number; colorType: number },
): string {
  const row = width * channels;
  // Each row begins with its filter: none.
  const rows = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const header = [...bigEndian(width), ...bigEndian(height), 8, colorType, 0, 0, 0];
  const bytes = [...signature, ...chunk("IHDR", header), ...chunk("IDAT", stored(rows)), ...chunk("IEND", [])];
  return `data:image/png;base64,${btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""))}`;
}

/** Gray values 0..1 (beyond: clipped), C-order over rows and columns, as a picture. */
export function grayUri(values: ArrayLike<number>, [rows, columns]: readonly [number, number]): string {
  const pixels = Uint8Array.from({ length: rows * columns }, (_, i) => Math.round(255 * Math.max(0, Math.min(1, values[i]!))));
  return pngUri(pixels, columns, rows, { channels: 1, colorType: 0 });
}

/** Probabilities 0..1 as a layer to lie over a gray picture: magenta, which is in no scan; its opacity tells the value, and 0 is clear. */
export function heatUri(values: ArrayLike<number>, [rows, columns]: readonly [number, number]): string {
  const pixels = new Uint8Array(4 * rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    const share = Math.max(0, Math.min(1, values[i]!));
    pixels.set([255, 45, 160, Math.round(217 * share)], 4 * i);
  }
  return pngUri(pixels, columns, rows, { channels: 4, colorType: 6 });
}
