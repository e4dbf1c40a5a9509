import { imageSetError, type ParseOptions } from "./image-set-error.js";
import type { LabeledImages } from "./labeled-images.js";

const side = 8;
const pixels = side * side;
const brightest = 16;
// The whole collection has 5620; this only bounds a wrong file.
const maxRows = 1_000_000;

/**
 * Reads the optical digits of UCI (E. Alpaydin, C. Kaynak, 1998): a line for each image, 64 values from 0 to 16 and the digit, with commas
 * between. scikit-learn's `digits.csv` and UCI's `optdigits.tra` and `optdigits.tes` are such files.
 *
 * @param text the whole file, not compressed
 * @returns 8 × 8 images of one channel; 0 to 16 become 0 to 255 (rounded)
 * @throws ImageSetError naming the line that is not of that kind; also for a text without lines
 *
 * @example
 * ```ts
 * import { parseDigits } from "@gleaner/images";
 * const { images, labels } = parseDigits(`0,16,8${",0".repeat(61)},7\n`);
 * images.slice(0, 4); // => [0, 255, 128, 0]
 * labels; // => [7]
 * ```
 */
export function parseDigits(text: string, options: ParseOptions = {}): LabeledImages {
  const { path = "the file" } = options;
  const lines = text.split(/\r?\n/);
  // The end of the last line is not the start of another.
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw imageSetError("Truncated", path, "it has no lines");
  if (lines.length > maxRows) throw imageSetError("TooLarge", path, `it has ${lines.length} lines, at most ${maxRows} are read`);
  const images = new Uint8Array(lines.length * pixels);
  const labels = new Uint8Array(lines.length);
  for (const [row, line] of lines.entries()) {
    const fields = line.split(",");
    if (fields.length !== pixels + 1) {
      throw imageSetError("Malformed", path, `line ${row + 1} has ${fields.length} fields, digits have ${pixels} pixels and the class`);
    }
    for (const [i, field] of fields.entries()) {
      const most = i < pixels ? brightest : 9;
      const value = /^\s*\d{1,2}(\.0+)?\s*$/.test(field) ? Number(field) : Number.NaN;
      if (!(value <= most)) {
        throw imageSetError(
          "Malformed",
          path,
          `field ${i + 1} of line ${row + 1} is ${JSON.stringify(field.slice(0, 20))}, expected an integer from 0 to ${most}`,
        );
      }
      if (i < pixels) images[row * pixels + i] = Math.round((value * 255) / brightest);
      else labels[row] = value;
    }
  }
  return { images, shape: [lines.length, side, side, 1], labels, classNames: Array.from({ length: 10 }, (_, i) => String(i)) };
}
