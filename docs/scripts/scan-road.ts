import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A stage of the road of a scan: what happens, what it hands on, and the functions that do it. */
interface Stage {
  does: string;
  gives: string;
  /** By package; each has to be imported somewhere on the way, or the site is not built. */
  functions: Record<string, string[]>;
}

const stages: Stage[] = [
  { does: "Read", gives: "a Volume in Hounsfield units with its place in the world", functions: { volumes: ["readVolume", "readLuna16"] } },
  {
    does: "Prepare",
    gives: "the same scan oriented, at one spacing, with its lung mask, cached on disk",
    functions: { volumes: ["orientVolume", "resampleVolume", "lungMask"] },
  },
  {
    does: "Draw patches",
    gives: "cubes of voxels with the boxes in them",
    functions: { volumes: ["boxesOfFindings", "boxesInRegion"], training: ["createShuffledPasses"] },
  },
  {
    does: "Make views",
    gives: "patches turned, flipped and changed in intensity, with their inverses",
    functions: { augment: ["randomSymmetry", "transformBoxes"] },
  },
  { does: "Assign anchors", gives: "a target for each anchor", functions: { detector: ["anchorTargets", "matchAnchors"] } },
  {
    does: "Predict and compare",
    gives: "a loss and the statistics of the step",
    functions: {
      detector: ["createPyramidDetector"],
      methods: ["focalMixBatch", "detectionLoss"],
      losses: ["softTargetFocalLoss", "sharpenBinary"],
    },
  },
  {
    does: "Step",
    gives: "new weights, their moving average, a checkpoint",
    functions: { training: ["runLoop", "lossGradients", "clipByGlobalNorm", "saveCheckpoint"] },
  },
  { does: "Detect on whole scans", gives: "boxes with probabilities", functions: { detector: ["detectVolume", "nonMaxSuppression3d"] } },
  { does: "Write", gives: "candidates.csv, in LUNA16's columns", functions: { volumes: ["voxelToWorld", "formatCandidates"] } },
  { does: "Judge", gives: "FROC, CPM and the report", functions: { froc: ["matchFindings", "summarizeFroc", "compareFroc"] } },
];

/** What the sources below `root` import from our packages, or, inside a package, from each other, as "package function". */
function importedIn(root: string): Set<string> {
  const found = new Set<string>();
  for (const group of ["apps", "packages"]) {
    for (const home of readdirSync(join(root, group))) {
      const src = join(root, group, home, "src");
      for (const file of readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))) {
        for (const [, names, from] of readFileSync(join(src, file), "utf8").matchAll(/^import \{([^}]*)\} from "([^"]+)"/gm)) {
          const name = /^@gleaner\/(\w+)/.exec(from!)?.[1] ?? (group === "packages" && from!.startsWith(".") ? home : undefined);
          if (name) for (const one of names!.split(",")) found.add(`${name} ${one.trim().split(" as ")[0]}`);
        }
      }
    }
  }
  return found;
}

/**
 * The road of a scan as an ordered list in Markdown.
 *
 * @throws Error naming a function of the road that no source imports any more
 */
export function scanRoad(root: string, toPackages: string, road: readonly Stage[] = stages): string {
  const imported = importedIn(root);
  const items = road.map(({ does, gives, functions }) => {
    const parts = Object.entries(functions).map(([name, all]) => {
      for (const one of all)
        if (!imported.has(`${name} ${one}`)) throw new Error(`the road of a scan names ${one} of ${name}, which nothing imports`);
      return `${all.map((one) => `<code>${one}</code>`).join(" ")} <a href="${toPackages}${name}.html">${name}</a>`;
    });
    return `<li><strong>${does}</strong><span>${parts.join("<br>")}</span><em>${gives}</em></li>`;
  });
  return `<ol class="road">\n${items.join("\n")}\n</ol>\n`;
}
