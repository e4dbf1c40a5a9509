/**
 * A new DICOM UID: "2.25." followed by a random UUID as a whole number, which takes no registration (PS3.5, annex B.2).
 *
 * Numbers of `random` are in [0, 1); take a generator that nobody else draws the same numbers from, such as the one below, since objects of
 * the same UID are taken for one. Throws a RangeError for numbers outside of [0, 1).
 *
 * @example
 * ```ts
 * import { createDicomUid } from "@gleaner/volumes";
 *
 * const random = () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
 * createDicomUid(random) === createDicomUid(random); // => false
 * createDicomUid(() => 0); // => "2.25.302240678275694148452352"
 * ```
 */
export function createDicomUid(random: () => number): string {
  let bits = 0n;
  for (let word = 0; word < 8; word++) {
    const draw = random();
    if (!(draw >= 0 && draw < 1)) throw new RangeError(`createDicomUid: random gave ${draw}, expected a number in [0, 1)`);
    bits = (bits << 16n) | BigInt(Math.floor(draw * 65536));
  }
  // Version 4 and variant 1 of RFC 9562.
  const version = (bits & ~(0xfn << 76n)) | (0x4n << 76n);
  return `2.25.${(version & ~(0x3n << 62n)) | (0x2n << 62n)}`;
}
