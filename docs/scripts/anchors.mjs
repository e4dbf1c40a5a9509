/**
 * The anchor of a heading, by GitHub's rule, so that links into a README lead to the same place on both.
 *
 * @param {string} heading
 * @returns {string}
 */
export const slug = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

/**
 * A Markdown text without its code blocks.
 *
 * @param {string} text
 * @returns {string}
 */
export const withoutFences = (text) => text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1/gm, "");

/**
 * The anchors of the headings of a Markdown text; the second of two equal ones ends in -1.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
export function anchorsOf(text) {
  const times = new Map();
  const anchors = new Set();
  for (const [, heading] of withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const anchor = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*\\]/g, ""));
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}
