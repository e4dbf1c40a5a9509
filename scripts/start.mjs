// What `npm run demo` and `npm test` do on a machine that has only Node and git: install, build, then the job.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [job, ...rest] = process.argv.slice(2);
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Gleaner needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(2);
}

const run = (command, args, env = {}) => {
  // One string for the shell, because on Windows npx and pnpm are .cmd files, which only a shell starts.
  const quoted = [command, ...args].map((a) => (/^[\w@./:=+-]+$/.test(a) ? a : JSON.stringify(a))).join(" ");
  const { status, signal } = spawnSync(quoted, {
    cwd: root,
    stdio: "inherit",
    shell: true,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ...env },
  });
  if (status !== 0) process.exit(signal === "SIGINT" ? 130 : (status ?? 1));
};

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = (...args) => run("npx", ["--yes", packageManager, ...args]);
const jobs = {
  demo: () => run(process.execPath, [join("node_modules", "@gleaner", "trainer", "bin", "gleaner.js"), "demo", ...rest]),
  test: () => pnpm("exec", "turbo", "run", "test", "--ui=stream", "--output-logs=new-only", ...rest),
};
if (!Object.hasOwn(jobs, job)) {
  console.error(`start.mjs: unknown job ${JSON.stringify(job ?? "")}; expected ${Object.keys(jobs).join(" or ")}.`);
  process.exit(2);
}
if (!existsSync(join(root, "pnpm-lock.yaml"))) {
  console.error("start.mjs: pnpm-lock.yaml is missing; this is not a whole clone.");
  process.exit(2);
}
pnpm("install", "--frozen-lockfile");
console.log("building the packages, about a minute the first time …");
pnpm("exec", "turbo", "run", "build", "--ui=stream", "--output-logs=errors-only");
jobs[job]();
