/** Text as it may stand in an element or in a quoted attribute. */
export const escapeHtml = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);

/** A share in percent with one decimal; a dash for what is not a number. */
export const percent = (value: number): string => (Number.isFinite(value) ? (100 * value).toFixed(1) : "–");

/** The same with its sign, which stays on its line. */
export const withSign = (value: number): string => `${percent(value)}\u00a0%`;

/** `1 scan`, `2 scans`. */
export const count = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? "" : "s"}`;
