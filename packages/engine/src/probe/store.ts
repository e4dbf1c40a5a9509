import { type NodeProcess, nodeProcess } from "../node-process.js";

/** Where a short text is kept from one start to the next. Neither method throws: an answer that cannot be kept is measured again. */
export interface Store {
  read(): string | undefined;
  write(text: string): void;
}

/** What is longer was not written by this package, and is not read. */
const largestBytes = 65_536;
const [fileName, pageKey] = ["engines.json", "@gleaner/engine"];

/** `engines.json` below the folder that @gleaner/native keeps its pairings in, or the page's localStorage. */
export function openStore(cache: string | undefined): Store {
  const node = nodeProcess();
  return node ? fileStore(node, cache) : pageStore();
}

function fileStore({ env, pid, getBuiltinModule }: NodeProcess, cache: string | undefined): Store {
  const files = getBuiltinModule("node:fs");
  const { join, resolve } = getBuiltinModule("node:path");
  const folder = (): string => {
    const named = cache ?? env["GLEANER_CACHE"];
    return named ? resolve(named) : join(getBuiltinModule("node:os").homedir(), ".cache", "gleaner");
  };
  return {
    read: () =>
      quietly(() => {
        const path = join(folder(), fileName);
        return files.statSync(path).size > largestBytes ? undefined : files.readFileSync(path, "utf8");
      }),
    write: (text) => {
      quietly(() => {
        files.mkdirSync(folder(), { recursive: true });
        const path = join(folder(), fileName);
        // Processes that start together each write a whole file; the last one stays.
        const temporary = `${path}.${pid}`;
        try {
          files.writeFileSync(temporary, text);
          files.renameSync(temporary, path);
        } finally {
          files.rmSync(temporary, { force: true });
        }
      });
    },
  };
}

interface PageStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

function pageStore(): Store {
  // Merely asking for localStorage throws where a page may not have it; workers have none.
  const storage = (): PageStorage | undefined => (globalThis as { localStorage?: PageStorage }).localStorage;
  return {
    read: () =>
      quietly(() => {
        const text = storage()?.getItem(pageKey) ?? undefined;
        return text !== undefined && text.length > largestBytes ? undefined : text;
      }),
    write: (text) => {
      quietly(() => storage()?.setItem(pageKey, text));
    },
  };
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
