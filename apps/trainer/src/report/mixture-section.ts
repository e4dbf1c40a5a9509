import type { MixedObject, MixturePicture, MixturePictures } from "../run/mixture-pictures.js";
import { count, escapeHtml } from "./html.js";
import { boxLayer, grayLayer, scanName, squarePicture, strip } from "./pictures.js";
import type { RunSummary } from "./summarize-detector.js";

/** Some patches of a run of FocalMix before and after MixUp. */
export function mixtureSection({ name, pictures: { mixtures } }: RunSummary): string {
  if (!mixtures || mixtures.patches.length === 0) return "";
  return `<h2>MixUp of ${escapeHtml(name)}</h2>
<p class="note">${introduction(mixtures)}</p>
<div class="strips wide">${mixtures.patches.map(card).join("\n")}</div>`;
}

function introduction({ step, mixUp, alpha, patches }: MixturePictures): string {
  const drawn = `Patches of the batch of step ${step} as training drew it, those that MixUp changed the most: λ of the patch itself and 1 − λ of its partner, λ = max(λ, 1 − λ) of Beta(η, η) with η = ${alpha}.`;
  if (mixUp !== "image+object") return drawn;
  if (patches.every(({ objects }) => objects.length === 0))
    return `${drawn} Objects are mixed too, but these patches have none, or there was no second one in the batch.`;
  return `${drawn} Then each object is mixed with another one of the batch, rescaled to its size, and its targets stay. <span class="swatch truth"></span> Dashed: annotated objects. <span class="swatch mark"></span> Solid: objects of unlabeled patches, as the trained teacher sees them.`;
}

function card(patch: MixturePicture): string {
  const { size, lambda, partner, objects } = patch;
  const kind = ({ labeled }: { labeled: boolean }): string => (labeled ? "labeled" : "unlabeled");
  const picture = (name: string, words: string, layers: readonly string[]) => ({ name, picture: squarePicture(size, words, layers) });
  const gray = (pixels: string): string => grayLayer(pixels, size);
  const boxes = objects.map(({ box }, i) => boxLayer(box, patch.labeled ? "truth" : "mark", i + 1, size));
  const share = lambda.toFixed(2);
  return strip(
    [
      picture("patch", `${kind(patch)} patch of scan ${patch.scan}`, [gray(patch.before)]),
      picture("partner", `${kind(partner)} patch of scan ${partner.scan}, its partner`, [gray(patch.other)]),
      picture(`mixed, λ ${share}`, `${share} of the patch and ${(1 - lambda).toFixed(2)} of its partner`, [gray(patch.mixed)]),
      ...(patch.objectsMixed === null
        ? []
        : [picture("objects mixed", `with ${count(objects.length, "object")} mixed`, [gray(patch.objectsMixed), ...boxes])]),
    ],
    `<span>${kind(patch)}</span> ${scanName(patch.scan)} · <span>${kind(partner)} partner</span> ${scanName(partner.scan)}${objects.map(objectWords).join("")}`,
  );
}

/** Where an object's donor is from. */
function objectWords({ box, diameterMm, lambda, donor }: MixedObject, i: number): string {
  const whose = donor.labeled ? "an annotated one" : "one that the teacher sees";
  const hidden = box ? "" : ", not on this slice";
  return `<br><small>${i + 1}: ${lambda.toFixed(2)} of an object of ${diameterMm.toFixed(1)} mm${hidden}, ${(1 - lambda).toFixed(2)} of ${whose} of ${donor.diameterMm.toFixed(1)} mm from ${scanName(donor.scan)}</small>`;
}
