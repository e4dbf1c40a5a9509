// Every package has the same shape: the fields of package.json, the files, the headings of its README, and the arrows of the map.
// Prints one line for each departure and exits 1; `--fix` rewrites package.json files to their shape.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { map } from "./map.mjs";
import { expectedPackageJson } from "./package-shape.mjs";

const fix = process.argv.includes("--fix");
const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);
const headings = ["What", "Install", "Example", "API", "References"];

const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile() && e.name.endsWith(".ts"))
        .map((e) => join(e.parentPath, e.name))
    : [];
const importsOf = (path) => {
  // Doc comments hold example imports; they are no arrows.
  const code = readFileSync(path, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((m) => m[1]);
};
const packageOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

const present = readdirSync("packages").filter((name) => existsSync(join("packages", name, "package.json")));
for (const name of Object.keys(map)) if (!present.includes(name)) fault("packages", `${name} of the map is missing`);

/** Benchmarks of our own functions run in vitest; where there are none, the comparison with others is the benchmark. */
function benchOf(folder) {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder).some((file) => file.endsWith(".bench.ts")) ? "vitest" : "compare";
}

for (const name of present) {
  const home = join("packages", name);
  const row = map[name];
  if (!row) {
    fault(home, "has no row in scripts/map.mjs");
    continue;
  }

  const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const ours = (o = {}) => Object.fromEntries(Object.entries(o).filter(([key]) => !key.startsWith("@gleaner/")));
  const without = (o, keys) => Object.fromEntries(Object.entries(o ?? {}).filter(([key]) => !keys.includes(key)));
  const expected = expectedPackageJson(name, {
    version: manifest.version,
    keywords: manifest.keywords,
    files: manifest.files,
    bin: manifest.bin,
    ours: row.ours.filter((p) => manifest.dependencies?.[`@gleaner/${p}`] !== undefined),
    node: existsSync(join(home, "src/node.ts")),
    bench: benchOf(join(home, "bench")),
    dependencies: ours(manifest.dependencies),
    optionalDependencies: manifest.optionalDependencies,
    peerDependencies: without(ours(manifest.peerDependencies), row.peers),
    peerDependenciesMeta: without(
      manifest.peerDependenciesMeta,
      (row.optional ?? []).map((p) => `@gleaner/${p}`),
    ),
    devDependencies: manifest.devDependencies,
  });
  const text = `${JSON.stringify(expected, null, 2)}\n`;
  if (JSON.stringify(manifest) !== JSON.stringify(expected)) {
    if (fix) writeFileSync(join(home, "package.json"), text);
    else {
      const keys = new Set([...Object.keys(manifest), ...Object.keys(expected)]);
      const differing = [...keys].filter((key) => JSON.stringify(manifest[key]) !== JSON.stringify(expected[key]));
      fault(
        home,
        `package.json departs from the shape at ${differing.join(", ") || "the order of its fields"} (node scripts/check-shape.mjs --fix)`,
      );
    }
  }

  for (const file of [
    "README.md",
    "CHANGELOG.md",
    "tsconfig.json",
    "tsconfig.test.json",
    "tsup.config.ts",
    "src/index.ts",
    "test/public-api.test.ts",
    "test/examples.test.ts",
  ]) {
    if (!existsSync(join(home, file))) fault(home, `${file} is missing`);
  }
  const readme = existsSync(join(home, "README.md")) ? readFileSync(join(home, "README.md"), "utf8") : "";
  const found = [...readme.matchAll(/^## (.+)$/gm)].map((m) => m[1].trim());
  const inOrder = headings.map((h) => found.indexOf(h));
  if (inOrder.includes(-1) || inOrder.some((at, i) => i > 0 && at < inOrder[i - 1])) {
    fault(`${home}/README.md`, `needs the headings ${headings.join(", ")} in this order; has ${found.join(", ") || "none"}`);
  }
  if (!/^```ts[ \t]*$/m.test(readme) || !readme.includes("// =>"))
    fault(`${home}/README.md`, "has no ts example with a `// =>` value, so nothing of it is tested");

  const allowed = new Set([...row.ours, ...(row.optional ?? [])].map((p) => `@gleaner/${p}`));
  const declared = new Set([
    ...Object.keys(expected.dependencies ?? {}),
    ...Object.keys(expected.peerDependencies ?? {}),
    ...Object.keys(expected.optionalDependencies ?? {}),
  ]);
  for (const path of filesOf(join(home, "src"))) {
    const source = readFileSync(path, "utf8");
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith(".")) {
        if (!specifier.endsWith(".js")) fault(path, `imports ${specifier}; own files are imported with the ending .js`);
        continue;
      }
      if (specifier.startsWith("node:")) {
        if (row.platform !== "node" && !isNodeSide(home, path))
          fault(path, `imports ${specifier} outside the ./node entry, so the root entry would not run in a browser`);
        continue;
      }
      const target = packageOf(specifier);
      if (target.startsWith("@gleaner/") && target !== `@gleaner/${name}` && !allowed.has(target)) {
        fault(path, `imports ${target}; the map allows ${[...allowed].join(", ") || "none of ours"}`);
      } else if (target === "@tensorflow/tfjs")
        fault(path, "imports @tensorflow/tfjs; packages import @tensorflow/tfjs-core, applications the rest");
      else if (!declared.has(target) && target !== `@gleaner/${name}`)
        fault(path, `imports ${target}, which package.json does not declare`);
    }
    if (/\bMath\.random\b/.test(source.replace(/\/\*[\s\S]*?\*\//g, ""))) fault(path, "calls Math.random; take `random: () => number`");
    if (/^export \* from/m.test(source)) fault(path, "has `export *`; name the exports");
    if (/^export default/m.test(source)) fault(path, "has a default export; name it");
    const lines = source.split("\n").length;
    if (lines > 400) fault(path, `has ${lines} lines; one concept a file, 300 at most`);
  }
}

/** Files that only src/node.ts (or another Node-side file) reaches may use Node's modules. */
function isNodeSide(home, path) {
  const reach = new Set();
  const visit = (file) => {
    if (reach.has(file) || !existsSync(file)) return;
    reach.add(file);
    for (const s of importsOf(file)) if (s.startsWith(".")) visit(join(file, "..", s.replace(/\.js$/, ".ts")));
  };
  visit(join(home, "src/index.ts"));
  return !reach.has(path);
}

if (faults.length > 0) {
  for (const line of faults) console.error(line);
  console.error(`check-shape: ${faults.length} departure${faults.length === 1 ? "" : "s"} from the shape of a package.`);
  process.exit(1);
}
console.log(`check-shape: ${present.length} packages have the shape of the map.`);
