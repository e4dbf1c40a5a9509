import type { RecognizedDescription } from "@gleaner/images/node";

/** What a set of images is, for a terminal. */
export function describeForPeople(path: string, set: RecognizedDescription): string {
  const { format, split, splits, images, height, width, channels, classes, perClass, mean, deviation, classNames } = set;
  const numbers = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(" ");
  const labeled = perClass.reduce((a, b) => a + b, 0);
  const lines: [string, string][] = [
    ["set", path],
    ["format", format],
    ...(split === undefined ? [] : ([["part", `${split} (there are ${splits.join(", ")})`]] as [string, string][])),
    [
      "images",
      `${images}, of ${height} x ${width} pixels with ${channels} channel${channels === 1 ? "" : "s"}${format === "image-folder" ? " (brought to this size; --size takes another)" : ""}`,
    ],
    ["labeled", String(labeled)],
    ["mean, 0..1", numbers(mean)],
    ["deviation", numbers(deviation)],
    ["classes", String(classes)],
    ...perClass.map((count, c): [string, string] => [`  ${classNames?.[c] ?? c}`, String(count)]),
  ];
  const width_ = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, value]) => `${name.padEnd(width_)}${value}\n`).join("");
}
