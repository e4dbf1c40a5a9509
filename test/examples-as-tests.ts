// Runs the examples of the documentation as tests. In a README every fence marked `ts` is one test, in a source file every `@example`
// fence is; `expression; // => value` asserts, numbers to the digits that are written.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { Plugin } from "vitest/config";

/** A fence of documentation: its code, and the line of the file that its first line of code is on. */
export interface Fence {
  code: string;
  line: number;
}

/** The `ts` fences of a Markdown text; a fence marked `ts no-run` is only shown (say why next to it). */
export function fencesOfMarkdown(text: string): Fence[] {
  const fences: Fence[] = [];
  for (const match of text.matchAll(/^```ts[ \t]*\n([\s\S]*?)^```/gm)) {
    fences.push({ code: match[1]!, line: text.slice(0, match.index).split("\n").length + 1 });
  }
  return fences;
}

/** The `ts` fences of the doc comments of a TypeScript text. */
export function fencesOfSource(text: string): Fence[] {
  const fences: Fence[] = [];
  for (const match of text.matchAll(/^[ \t]*\* ```ts[ \t]*\n([\s\S]*?)^[ \t]*\* ```/gm)) {
    const code = match[1]!.replace(/^[ \t]*\* ?/gm, "");
    fences.push({ code, line: text.slice(0, match.index).split("\n").length + 1 });
  }
  return fences;
}

/** The imports of a statement as dynamic ones, so that fences of one file do not clash; type imports vanish. */
function importAsAwait(node: ts.ImportDeclaration): string {
  const from = node.moduleSpecifier.getText();
  const clause = node.importClause;
  if (!clause) return `await import(${from});`;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return "";
  const parts: string[] = [];
  if (clause.name) parts.push(`const { default: ${clause.name.text} } = await import(${from});`);
  const bindings = clause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) parts.push(`const ${bindings.name.text} = await import(${from});`);
  if (bindings && ts.isNamedImports(bindings)) {
    const names = bindings.elements
      .filter((e) => !e.isTypeOnly)
      .map((e) => (e.propertyName ? `${e.propertyName.text}: ${e.name.text}` : e.name.text));
    parts.push(`const { ${names.join(", ")} } = await import(${from});`);
  }
  return parts.join(" ");
}

/** The body of a test for one fence: statements followed by `// => value` become assertions. */
export function fenceAsTest(code: string): string {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const out: string[] = [];
  for (const [index, statement] of file.statements.entries()) {
    const next = file.statements[index + 1]?.getStart() ?? code.length;
    const expected = /^[;\s]*\/\/ => ([^\n]*(?:\n[ \t]*\/\/ {3,}[^\n]*)*)/.exec(code.slice(statement.getEnd(), next))?.[1];
    if (ts.isImportDeclaration(statement)) {
      out.push(importAsAwait(statement));
      continue;
    }
    const value = expected?.replace(/\n[ \t]*\/\/ */g, " ").trim();
    if (value === undefined) out.push(statement.getText());
    else if (ts.isExpressionStatement(statement)) {
      out.push(`await __check(${argumentOfLog(statement.expression)}, ${JSON.stringify(value)});`);
    } else if (ts.isVariableStatement(statement)) {
      const name = statement.declarationList.declarations[0]!.name.getText();
      out.push(statement.getText(), `await __check(${/^\w+$/.test(name) ? name : `{ ${name.slice(1, -1)} }`}, ${JSON.stringify(value)});`);
    } else throw new Error(`"// => ${value}" follows a statement that has no value: ${statement.getText()}`);
  }
  return ts.transpileModule(out.join("\n"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  }).outputText;
}

/** `console.log(x)` shows x, so x is what is checked. */
function argumentOfLog(expression: ts.Expression): string {
  if (ts.isCallExpression(expression) && expression.expression.getText() === "console.log") return expression.arguments[0]!.getText();
  return expression.getText();
}

function testModule(fences: { where: string; fence: Fence }[]): string {
  const tests = fences.map(
    ({ where, fence }) => `test(${JSON.stringify(`${where}:${fence.line}`)}, async () => {\n${fenceAsTest(fence.code)}\n});`,
  );
  const check = fileURLToPath(new URL("./check-example.ts", import.meta.url));
  return [`import { test } from "vitest";`, `import { checkExample as __check } from ${JSON.stringify(check)};`, ...tests].join("\n");
}

/** The Markdown files of a folder and those below it; what is made from other files is tested where it is made from. */
function pagesBelow(folder: string): string[] {
  const made = /(^|[/\\])(node_modules|api|generated|packages|\.vitepress)([/\\]|$)/;
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md") && !made.test(file));
}

/**
 * The vitest plugin: a README.md is a test file; `test/examples.test.ts` stands for the examples in the sources of its package, or, where there are no
 * sources, as in docs, for those in the pages.
 */
export function examplesAsTests(): Plugin {
  return {
    name: "gleaner:examples-as-tests",
    enforce: "pre",
    load(id) {
      if (id.endsWith("/README.md")) {
        return testModule(fencesOfMarkdown(readFileSync(id, "utf8")).map((fence) => ({ where: "README.md", fence })));
      }
      if (id.endsWith("/test/examples.test.ts")) {
        const src = join(dirname(id), "..", "src");
        if (!existsSync(src)) {
          const home = dirname(dirname(id));
          const pages = pagesBelow(home).sort();
          return testModule(
            pages.flatMap((file) => fencesOfMarkdown(readFileSync(join(home, file), "utf8")).map((fence) => ({ where: file, fence }))),
          );
        }
        const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
        return testModule(
          files
            .sort()
            .flatMap((file) => fencesOfSource(readFileSync(join(src, file), "utf8")).map((fence) => ({ where: `src/${file}`, fence }))),
        );
      }
      return undefined;
    },
  };
}
