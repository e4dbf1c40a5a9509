/** What is used of Node's `process`, and of its modules through it: an import of them would stop a page. */
export interface NodeProcess {
  versions?: { node?: string };
  platform: string;
  arch: string;
  pid: number;
  env: Record<string, string | undefined>;
  getBuiltinModule(name: "node:fs"): FileSystem;
  getBuiltinModule(name: "node:os"): OperatingSystem;
  getBuiltinModule(name: "node:path"): { join(...parts: string[]): string; resolve(...parts: string[]): string };
}

interface FileSystem {
  existsSync(path: string): boolean;
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: "utf8"): string;
  statSync(path: string): { size: number };
  mkdirSync(path: string, options: { recursive: true }): unknown;
  writeFileSync(path: string, text: string): void;
  renameSync(from: string, to: string): void;
  rmSync(path: string, options: { force: true }): void;
}

interface OperatingSystem {
  cpus(): { model: string }[];
  availableParallelism(): number;
  homedir(): string;
}

/** Node's process, or undefined in a page. */
export function nodeProcess(): NodeProcess | undefined {
  const found = (globalThis as { process?: NodeProcess }).process;
  return found?.versions?.node === undefined ? undefined : found;
}
