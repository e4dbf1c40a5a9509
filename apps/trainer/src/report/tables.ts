import { escapeHtml } from "./html.js";

/** The heads of columns. */
export const headCells = (cells: readonly string[]): string => cells.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join("");

/** The head of a row. */
export const rowHead = (name: string): string => `<th scope="row">${escapeHtml(name)}</th>`;

/** Names of folders may be long; the whole one shows under the pointer. */
export const shortName = (name: string): string =>
  name.length > 20 ? `<abbr title="${escapeHtml(name)}">${escapeHtml(name.slice(0, 19))}…</abbr>` : escapeHtml(name);

/** A table whose name stands outside, where a wide table does not take it along; focusable, so that a keyboard can scroll what is wider than the page. */
export const scrollingTable = (name: string, table: string, kind = ""): string =>
  `<figure class="table"><figcaption>${escapeHtml(name)}</figcaption><section class="scroll" aria-label="${escapeHtml(name)}" tabindex="0"><table${kind && ` class="${kind}"`}>${table}</table></section></figure>`;
