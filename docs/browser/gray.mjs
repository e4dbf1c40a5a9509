import { inflateSync } from "node:zlib";

/** The gray values of a picture of a page, a PNG in a data URI. */
export function grayOf(uri) {
  const bytes = Buffer.from(uri.replace("data:image/png;base64,", ""), "base64");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const start = bytes.indexOf("IDAT") + 4;
  const rows = inflateSync(bytes.subarray(start, start + bytes.readUInt32BE(start - 8)));
  return Uint8Array.from({ length: width * height }, (_, i) => rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)]);
}
