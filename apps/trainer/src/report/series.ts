import { seriesColors } from "../reporters/charts.js";

/** How run `index` is drawn: the page's colors, which follow light and dark, and dashes where the colors begin again. */
export const seriesLook = (index: number): { stroke: string; strokeDasharray?: string } => ({
  stroke: `var(--series-${index % seriesColors.length})`,
  ...(index >= seriesColors.length && { strokeDasharray: index < 2 * seriesColors.length ? "6 3" : "2 3" }),
});

/** A short piece of a run's line, to stand beside its name. */
export function seriesKey(index: number): string {
  const { stroke, strokeDasharray } = seriesLook(index);
  const dashes = strokeDasharray ? ` stroke-dasharray="${strokeDasharray}"` : "";
  return `<svg class="key" viewBox="0 0 22 8" aria-hidden="true"><line x1="1" x2="21" y1="4" y2="4" stroke="${stroke}" stroke-width="3"${dashes}/></svg>`;
}
