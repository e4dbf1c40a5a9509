// Packs packages as they would be published, installs them with npm into an empty project, and imports each as ESM and as CommonJS on two Nodes;
// the command `gleaner` is packed and installed too, and judges a submission there: `node scripts/check-packed.mjs [NAME…]` after a build. The older Node is the one that runs this script, the newer one is the workspace's.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { map } from "./map.mjs";

const names = process.argv.length > 2 ? process.argv.slice(2) : ["froc", "methods", "volumes"];
const { packageManager } = JSON.parse(readFileSync("package.json", "utf8"));
const project = mkdtempSync(join(tmpdir(), "gleaner-packed-"));
const older = process.execPath;
const newer = resolve("node_modules/node/bin/node");
const show = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options });
// npm installs from folders of tarballs: what a package needs of ours is packed beside it.
const needed = new Set();
const need = (name) => {
  if (needed.has(name)) return;
  needed.add(name);
  for (const other of map[name].ours) need(other);
};
for (const name of names) need(name);

try {
  const tarballs = join(project, "tarballs");
  mkdirSync(tarballs);
  for (const name of needed)
    show("npx", ["--yes", packageManager, "pack", "--pack-destination", tarballs], { cwd: join("packages", name) });
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  const peers = [...new Set([...needed].flatMap((name) => map[name].peers))];
  const versions = peers.map(
    (peer) =>
      `${peer}@${
        JSON.parse(
          readFileSync(
            resolve(
              "packages",
              [...needed].find((n) => map[n].peers.includes(peer)),
              "package.json",
            ),
            "utf8",
          ),
        ).peerDependencies[peer]
      }`,
  );
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, version: "0.0.0" }));
  show("npm", ["install", "--no-audit", "--no-fund", ...files, ...versions], { cwd: project });
  let checks = 0;
  for (const node of [older, newer]) {
    const version = show(node, ["--version"]).trim();
    for (const name of names) {
      for (const entry of [
        "",
        ...("./node" in JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")).exports ? ["/node"] : []),
      ]) {
        const specifier = `@gleaner/${name}${entry}`;
        const count = `(m) => { const n = Object.keys(m).length; if (n === 0) throw new Error("no exports"); console.log(n); }`;
        const asModule = show(node, ["--input-type=module", "-e", `import * as m from "${specifier}"; (${count})(m)`], {
          cwd: project,
        }).trim();
        const asCommon = show(node, ["--input-type=commonjs", "-e", `(${count})(require("${specifier}"))`], { cwd: project }).trim();
        if (asModule !== asCommon) throw new Error(`${specifier} on ${version}: ${asModule} exports as ESM, ${asCommon} as CommonJS`);
        console.log(`${specifier} on Node ${version}: ${asModule} exports, as ESM and as CommonJS`);
        checks += 2;
      }
    }
  }
  checkCommand();
  console.log(`check-packed: ${checks} imports of packed packages and the packed command work.`);

  /** The trainer with all that it needs of ours, in another empty project: its froc judges a case that ships with the tests. */
  function checkCommand() {
    const home = join(project, "command");
    mkdirSync(home);
    const of = (path) =>
      Object.keys(JSON.parse(readFileSync(join(path, "package.json"), "utf8")).dependencies ?? {}).filter((d) => d.startsWith("@gleaner/"));
    const folders = new Set(["apps/trainer"]);
    for (const folder of folders) for (const dependency of of(folder)) folders.add(`packages/${dependency.slice("@gleaner/".length)}`);
    for (const folder of folders) show("npx", ["--yes", packageManager, "pack", "--pack-destination", home], { cwd: folder });
    const archives = readdirSync(home).map((file) => join(home, file));
    writeFileSync(join(home, "package.json"), JSON.stringify({ name: "empty", private: true, version: "0.0.0" }));
    show("npm", ["install", "--no-audit", "--no-fund", ...archives], { cwd: home });
    const fixture = resolve("packages/froc/test/fixtures/hand-rules-4scans");
    const call = [
      "froc",
      "--json",
      "--annotations",
      join(fixture, "annotations.csv"),
      "--excluded",
      join(fixture, "annotations_excluded.csv"),
      "--scans",
      join(fixture, "seriesuids.csv"),
      "--candidates",
      join(fixture, "submission.csv"),
    ];
    for (const node of [older, newer]) {
      const { cpm } = JSON.parse(show(node, [join(home, "node_modules/@gleaner/trainer/bin/gleaner.js"), ...call], { cwd: home }));
      if (Math.abs(cpm - 0.485714285714) > 1e-9)
        throw new Error(`the packed gleaner froc gives a CPM of ${cpm}; expected 0.485714, as the official script`);
    }
    console.log("gleaner froc from packed packages: the CPM of the official script, on both Nodes");
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
