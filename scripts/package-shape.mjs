// What every package.json under packages/ holds, given its row in map.mjs and what the package adds of its own.
import { map } from "./map.mjs";

const entry = (path) => ({
  "@gleaner/source": `./src/${path}.ts`,
  import: { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` },
  require: { types: `./dist/${path}.d.cts`, default: `./dist/${path}.cjs` },
});

/**
 * @param {string} name a row of the map
 * @param {{ version?: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, bin?: unknown, ours?: string[], node?: boolean, bench?: "vitest" | "compare", keywords?: string[], files?: string[] }} own what the package adds
 */
export function expectedPackageJson(name, own = {}) {
  const row = map[name];
  const peers = Object.fromEntries(row.peers.map((p) => [p, "^4.22.0"]));
  const optional = Object.fromEntries((row.optional ?? []).map((p) => [`@gleaner/${p}`, "workspace:^"]));
  // The map says what may be imported; what is not used yet is not declared.
  const ours = Object.fromEntries((own.ours ?? row.ours).map((p) => [`@gleaner/${p}`, "workspace:^"]));
  const sort = (o) => Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
  const dependencies = sort({ ...ours, ...own.dependencies });
  const peerDependencies = sort({ ...peers, ...optional, ...own.peerDependencies });
  const peerDependenciesMeta = {
    ...Object.fromEntries(Object.keys(optional).map((p) => [p, { optional: true }])),
    ...own.peerDependenciesMeta,
  };
  const devDependencies = sort({
    ...Object.fromEntries(row.peers.map((p) => [p, "catalog:"])),
    ...optional,
    ...(row.peers.length > 0 ? { "@tensorflow/tfjs": "catalog:" } : {}),
    ...own.devDependencies,
  });
  const bare = (o) => (Object.keys(o).length > 0 ? o : undefined);
  return JSON.parse(
    JSON.stringify({
      name: `@gleaner/${name}`,
      version: own.version ?? "0.0.0",
      description: row.job,
      keywords: own.keywords,
      license: "Apache-2.0",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19" },
      files: own.files ?? ["dist", "src"],
      bin: own.bin,
      main: "./dist/index.cjs",
      module: "./dist/index.js",
      types: "./dist/index.d.ts",
      exports: { ".": entry("index"), ...(own.node ? { "./node": entry("node") } : {}), "./package.json": "./package.json" },
      publishConfig: { access: "public" },
      scripts: {
        build: "tsup",
        test: `vitest run --root ../.. --project ${name}`,
        typecheck: "tsc -p tsconfig.json && tsc -p tsconfig.test.json",
        check: "publint --strict && attw --pack --profile node16",
        ...(own.bench === "vitest" ? { bench: `vitest bench --run --root ../.. --project "${name} (bench)"` } : {}),
        ...(own.bench === "compare" ? { bench: "tsup && node bench/compare.mjs" } : {}),
      },
      dependencies: bare(dependencies),
      optionalDependencies: bare(own.optionalDependencies ?? {}),
      peerDependencies: bare(peerDependencies),
      peerDependenciesMeta: bare(peerDependenciesMeta),
      devDependencies: bare(devDependencies),
    }),
  );
}
