import { PNG } from "pngjs";
import type { Rectangle } from "../run/evaluation-slices.js";
import { escapeHtml } from "./html.js";

/** A square picture of `size` × `size` units with what lies in it, and words for those who hear the page. */
export const squarePicture = (size: number, words: string, layers: readonly string[]): string =>
  `<svg viewBox="0 0 ${size} ${size}" class="slice" role="img" aria-label="${escapeHtml(words)}">${layers.join("")}</svg>`;

/** 8-bit gray, base64 of size × size bytes, as a layer. */
export function grayLayer(pixels: string, size: number): string {
  const gray = Buffer.from(pixels, "base64");
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i++) png.data.set([gray[i] ?? 0, gray[i] ?? 0, gray[i] ?? 0, 255], 4 * i);
  return imageLayer(PNG.sync.write(png, { colorType: 0 }), size, "");
}

/** Shares in 0..1 on a grid that covers the picture, clear where they are 0, as a layer. */
export function heatLayer(shares: readonly number[], [rows, columns]: readonly [number, number], size: number): string {
  return imageLayer(heatPng(shares, rows, columns), size, ' class="heat" preserveAspectRatio="none"');
}

/** The scale of `heatLayer` from 0 to 1 on gray, to stand in a line of text. */
export function heatScale(): string {
  const steps = 48;
  const shares = Array.from({ length: steps }, (_, i) => i / (steps - 1));
  const bytes = heatPng(shares, 1, steps).toString("base64");
  return `<span class="heat-scale">0 <img src="data:image/png;base64,${bytes}" width="96" height="10" alt="from clear to magenta"> 1</span>`;
}

/** Magenta stands out from gray, from the yellow of annotations and from the blue of marks; its opacity tells the share. */
function heatPng(shares: readonly number[], rows: number, columns: number): Buffer {
  const png = new PNG({ width: columns, height: rows });
  for (let i = 0; i < rows * columns; i++) {
    const share = Math.max(0, Math.min(1, shares[i] ?? 0));
    png.data.set([255, 45, 160, Math.round(255 * 0.85 * share ** 0.7)], 4 * i);
  }
  return PNG.sync.write(png);
}

const imageLayer = (png: Buffer, size: number, attributes: string): string =>
  `<image href="data:image/png;base64,${png.toString("base64")}" width="${size}" height="${size}"${attributes}/>`;

/** A box over a picture, with a number at its corner where several are told apart. */
export function boxLayer(corners: Rectangle | null, name: "truth" | "mark", number?: number, size = 0): string {
  if (!corners) return "";
  // Coordinates are of pixel centers, and the picture's first pixel reaches from 0 to 1.
  const [x0, y0, x1, y1] = corners.map((value) => value + 0.5) as Rectangle;
  const box = `<rect class="${name}" x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(x1 - x0).toFixed(1)}" height="${(y1 - y0).toFixed(1)}"/>`;
  if (number === undefined) return box;
  const letter = size / 8;
  // Left of the box, or right of it where it begins at the border.
  const isLeft = x0 > 1.5 * letter;
  const x = isLeft ? x0 - letter / 4 : Math.min(x1 + letter / 4, size - letter);
  const y = Math.max(letter, Math.min(size - letter / 4, y0 + letter * 0.8));
  return `${box}<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${letter.toFixed(1)}" text-anchor="${isLeft ? "end" : "start"}">${number}</text>`;
}

/** The name of a scan as far as there is room for it under a picture; the whole one shows under the pointer. */
export const scanName = (scan: string): string => {
  const short = scan.length > 16 ? `…${scan.slice(-10)}` : scan;
  return `<span title="${escapeHtml(scan)}">${escapeHtml(short)}</span>`;
};

/** World coordinates with a minus that is not a hyphen. */
export const placeWords = (world: readonly number[]): string => world.map((value) => value.toFixed(1).replace("-", "−")).join(", ");

/** Pictures of one patch side by side, each with its name, and what is said of them. */
export function strip(pictures: readonly { name: string; picture: string }[], caption: string): string {
  const cells = pictures.map(({ name, picture }) => `<div>${picture}<small>${escapeHtml(name)}</small></div>`);
  return `<figure class="card"><div class="strip">${cells.join("")}</div><figcaption>${caption}</figcaption></figure>`;
}
