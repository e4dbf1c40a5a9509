import { createRandom } from "@gleaner/training";
import { createAnatomy } from "./anatomy.js";
import { paintBones } from "./bones.js";
import { createCanvas, type Grid, type Point, type Triple } from "./canvas.js";
import { integer, uniform } from "./draw.js";
import { paintIrrelevant, paintLookalikes } from "./irrelevant.js";
import { paintFissures, paintLungTrees } from "./lung-tree.js";
import { paintNodules } from "./nodules.js";
import { paintOrgans } from "./organs.js";
import { createPlacement } from "./placement.js";
import { scan } from "./scanner.js";
import { drawStyle } from "./style.js";
import { paintTissues } from "./tissues.js";
import type { Phantom, PhantomOptions } from "./types.js";

/** An adult's chest in mm, ribs to ribs and front to back, with some wall around. */
const adult = { width: 275, depth: 215 };

/** The smallest chest drawn, as a share of an adult's: below it a scan shows one lung instead of a doll. */
const smallestScale = 0.58;

/**
 * Draws a low-dose chest CT that never was: chest wall, mediastinum, lungs with vessels and airways, nodules, and findings that do not count.
 *
 * A scan of less than about 170 mm shows one lung; a larger one the whole chest, scaled to fit. Nodules keep their size in mm.
 * The same seed and options give the same voxels.
 */
export function generatePhantom({
  seed,
  size = [96, 128, 128],
  spacingMm = [1.5, 1.5, 1.5],
  difficulty = "standard",
  style: ranges = {},
}: PhantomOptions): Phantom {
  checkNumbers("size", size, (n) => Number.isInteger(n) && n >= 32 && n <= 1024, "three whole numbers from 32 to 1024");
  checkNumbers("spacingMm", spacingMm, (mm) => mm >= 0.3 && mm <= 5, "three lengths from 0.3 to 5 mm");
  const random = createRandom(seed);
  const style = drawStyle(difficulty, ranges, random.fork("style"));
  const extentMm = size.map((n, axis) => n * spacingMm[axis]!) as Triple;
  const fitting = Math.min(extentMm[1] / adult.depth, extentMm[2] / adult.width, 1.05);
  const whole = fitting >= smallestScale;
  const scale = (whole ? fitting : smallestScale) * uniform(0.97, 1.04, random.fork("scale"));
  const anatomy = createAnatomy(scale, style.fatMm, random.fork("anatomy"));
  const grid: Grid = { shape: size, spacingMm, startMm: chooseView(extentMm, spacingMm, scale, whole, random.fork("view")) };
  const canvas = createCanvas(grid);

  const inLung = paintTissues(canvas, anatomy, style, random.fork("tissues"));
  paintOrgans(canvas, anatomy, style, random.fork("organs"));
  paintBones(canvas, anatomy, random.fork("bones"));
  paintFissures(canvas, anatomy, inLung, random.fork("fissures"));
  const vessels = paintLungTrees(canvas, anatomy, style, random.fork("trees"));

  const placement = createPlacement(canvas, anatomy, vessels, style.lungHu, random.fork("places"));
  const forNodules = random.fork("nodules");
  const largest = Math.min(20, 0.17 * Math.min(...extentMm));
  const drawn = paintNodules(canvas, placement, integer(1, 4, forNodules), largest, difficulty, forNodules);
  const irrelevant = paintIrrelevant(canvas, placement, difficulty === "easy" ? 0.4 : 1.2, random.fork("irrelevant"));
  paintLookalikes(canvas, anatomy, style, vessels, placement, random.fork("lookalikes"));

  const data = scan(canvas, anatomy, style, random.fork("noise"));
  // Where the table stood: any place of the world, so that nothing may rely on an origin of zero.
  const table = random.fork("table");
  const originMm: Triple = [
    -extentMm[2] / 2 + uniform(-40, 40, table),
    -extentMm[1] / 2 + uniform(-60, 60, table),
    uniform(-500, 100, table),
  ].map((mm) => Math.round(mm * 100) / 100) as Triple;
  const toWorld = ([x, y, z]: Point): { x: number; y: number; z: number } => ({
    x: x - grid.startMm[2] + originMm[0],
    y: y - grid.startMm[1] + originMm[1],
    z: z - grid.startMm[0] + originMm[2],
  });
  return {
    volume: { data, shape: [...size], spacingMm: [...spacingMm], originMm, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
    nodules: drawn.map(({ center, ...nodule }) => ({ ...toWorld(center), ...nodule })),
    excluded: irrelevant.map(({ center, ...finding }) => ({ ...toWorld(center), ...finding })),
    style,
  };
}

/** Body coordinates of the first voxel: the whole chest in the middle, or one lung. */
function chooseView(extentMm: Triple, spacingMm: Triple, scale: number, whole: boolean, random: () => number): Triple {
  const side = random() < 0.5 ? -1 : 1;
  const x = whole ? uniform(-4, 4, random) : side * uniform(58, 72, random) * scale;
  const y = (whole ? uniform(-4, 4, random) : uniform(-8, 12, random)) * scale;
  // The lungs reach from about -125 to 150 mm in an adult; a shorter scan shows a part of that.
  const room = Math.max(0, 255 * scale - extentMm[0]);
  const z = 12 * scale + uniform(-0.5, 0.5, random) * room * 0.8;
  const first = (center: number, axis: 0 | 1 | 2): number => center - (extentMm[axis] - spacingMm[axis]) / 2;
  return [first(z, 0), first(y, 1), first(x, 2)];
}

function checkNumbers(name: string, values: Triple, fits: (value: number) => boolean, expectation: string): void {
  if (values.length !== 3 || !values.every(fits)) throw new RangeError(`${name} is ${values.join(",")}; expected ${expectation}`);
}
