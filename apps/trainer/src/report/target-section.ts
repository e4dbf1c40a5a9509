import type { TargetPicture, TargetPictures } from "../run/target-pictures.js";
import { count, escapeHtml } from "./html.js";
import { boxLayer, grayLayer, heatLayer, heatScale, placeWords, scanName, squarePicture, strip } from "./pictures.js";
import type { RunSummary } from "./summarize-detector.js";

const groups = [
  ["confident", "Around the teacher’s best mark of a scan"],
  ["random", "Anywhere in a scan"],
] as const;

/** What the teacher of a run made of some unlabeled patches, beside what is annotated there. */
export function targetSection({ name, pictures: { targets } }: RunSummary): string {
  if (!targets || targets.patches.length === 0) return "";
  const shown = groups.flatMap(([choice, title]) => {
    const patches = targets.patches.filter((patch) => patch.choice === choice);
    if (patches.length === 0) return [];
    return [`<h3>${title}</h3>\n<div class="strips">${patches.map((patch) => card(patch, targets)).join("\n")}</div>`];
  });
  return `<h2>Targets of ${escapeHtml(name)}</h2>
<p class="note">Unlabeled patches, drawn by the run’s seed, with the teacher’s probabilities ${heatScale()} at the locations of its anchors, each the highest over the anchors’ sizes, on the slice through the highest one of the patch. ${madeWords(targets)} <span class="swatch truth"></span> Dashed: annotated nodules, which training did not see${isBlind(targets) ? "; there are none for these scans" : ""}.</p>
${shown.join("\n")}`;
}

const isBlind = ({ patches }: TargetPictures): boolean => patches.every(({ truth }) => truth === null);

function madeWords({ method, views, temperature }: TargetPictures): string {
  if (method === "mean-teacher")
    return "The target is hard: 1 at the anchors that match an object which the teacher is confident of, 0 elsewhere.";
  const mean = views === 1 ? "one view" : `the mean of ${views} views`;
  return `The target is ${mean}${temperature === 1 ? ", as it is" : `, sharpened with T = ${temperature}`}.`;
}

function card(patch: TargetPicture, { method, views }: TargetPictures): string {
  const { size, pixels, truth, grid, mean, target } = patch;
  const gray = grayLayer(pixels, size);
  const boxes = (truth ?? []).map((corners) => boxLayer(corners, "truth"));
  const [meanUpTo, targetUpTo] = [mean, target].map((values) => values.reduce((most, value) => Math.max(most, value), 0).toFixed(2));
  const nodules = truth === null ? "no nodule of this scan is annotated" : `${count(truth.length, "annotated nodule")} on the slice`;
  const where = `scan ${patch.scan}, ${placeWords(patch.world)} mm`;
  const meanName = method === "mean-teacher" ? "teacher" : views === 1 ? "one view" : `mean of ${views} views`;
  return strip(
    [
      { name: "patch", picture: squarePicture(size, `patch of ${where}, ${nodules}`, [gray, ...boxes]) },
      {
        name: meanName,
        picture: squarePicture(size, `${meanName}, up to ${meanUpTo}`, [gray, heatLayer(mean, grid, size), ...boxes]),
      },
      {
        name: "target",
        picture: squarePicture(size, `target, up to ${targetUpTo}`, [gray, heatLayer(target, grid, size), ...boxes]),
      },
    ],
    `<span>up to ${meanUpTo}, target ${targetUpTo}</span> · <span>${nodules}</span><br><small>${scanName(patch.scan)} · ${placeWords(patch.world)}</small>`,
  );
}
