import { escapeHtml } from "./html.js";

/** Where a run was trained, as the end of a sentence: ` on wasm 4.22.0 (CPU)`; nothing if it is not known. */
export const place = ({ engine, version, device }: Record<string, unknown>): string =>
  engine === undefined
    ? ""
    : ` on ${[engine, version].filter(Boolean).map(escapeHtml).join(" ")}${device ? ` (${escapeHtml(device)})` : ""}`;

/** NaN of nothing. */
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
