import temml from "temml";
import type { MarkdownRenderer } from "vitepress";

/** Formulas in GitHub's notation, a fence marked `math` or `` $`…`$ ``, as MathML: no script, no font, and a screen reader can read them. */
export function math(md: MarkdownRenderer): void {
  const render = (formula: string, displayMode: boolean): string =>
    // Vue is to leave braces alone.
    temml.renderToString(formula, { displayMode, throwOnError: true }).replace("<math", "<math v-pre");

  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    if (token.info.trim() !== "math") return fence(tokens, index, options, env, self);
    return `<div class="formula" tabindex="0">${render(token.content, true)}</div>\n`;
  };

  md.inline.ruler.before("backticks", "math", (state, silent) => {
    const match = /^\$`([^`]+)`\$/.exec(state.src.slice(state.pos));
    if (!match) return false;
    if (!silent) state.push("math", "math", 0).content = match[1]!;
    state.pos += match[0].length;
    return true;
  });
  md.renderer.rules["math"] = (tokens, index) => render(tokens[index]!.content, false);
}
