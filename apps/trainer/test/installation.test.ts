import { expect, test } from "vitest";
import { installReporter } from "../src/reporters/installation.js";

test("bytes are shown as one piece of work a phase, whatever comes after its end; everything else once", () => {
  let text = "";
  let ms = 0;
  const report = installReporter({ write: (part) => (text += part) }, () => ms);
  report({ phase: "download", message: "tensorflow_cpu", done: 0, total: 274_200_000 });
  ms += 6000;
  report({ phase: "download", message: "tensorflow_cpu", done: 137_000_000, total: 274_200_000 });
  ms += 6000;
  report({ phase: "download", message: "tensorflow_cpu", done: 274_200_000, total: 274_200_000 });
  report({ phase: "download", message: "tensorflow_cpu", done: 274_200_000, total: 274_200_000 });
  for (let file = 0; file < 4; file++) report({ phase: "compile", message: "g++ 12.2.0", done: file, total: 4 });
  report({ phase: "verify", message: "TensorFlow 2.21.0" });
  expect(text.split("\n")).toEqual([
    expect.stringMatching(/^download 137\/275 MB, 23 MB\/s, 6 s left$/),
    "download: 275 MB in 12 s",
    "compile: g++ 12.2.0",
    "verify: TensorFlow 2.21.0",
    "",
  ]);
});
