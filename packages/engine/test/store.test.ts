import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openStore, type Store } from "../src/probe/store.js";

describe("in Node", () => {
  const cache = mkdtempSync(join(tmpdir(), "store-"));
  afterEach(() => rmSync(join(cache, "below"), { recursive: true, force: true }));

  test("a file in the cache folder, which is made if it has to be", () => {
    const store = openStore(join(cache, "below", "it"));
    expect(store.read()).toBeUndefined();
    store.write("one");
    store.write("two");
    expect(store.read()).toBe("two");
    expect(readdirSync(join(cache, "below", "it"))).toEqual(["engines.json"]);
  });

  test("GLEANER_CACHE where no folder is given", () => {
    vi.stubEnv("GLEANER_CACHE", join(cache, "below"));
    openStore(undefined).write("text");
    vi.unstubAllEnvs();
    expect(readdirSync(join(cache, "below"))).toEqual(["engines.json"]);
  });

  test("a file that is too long is not read, a folder that is none no error", () => {
    openStore(join(cache, "below")).write("x".repeat(70_000));
    expect(openStore(join(cache, "below")).read()).toBeUndefined();
    writeFileSync(join(cache, "file"), "");
    const store = openStore(join(cache, "file"));
    store.write("text");
    expect(store.read()).toBeUndefined();
  });
});

describe("in a page", () => {
  /** Node's process is away only while this runs, since vitest needs it. */
  function inPage<T>(localStorage: object | undefined, work: (store: Store) => T): T {
    vi.stubGlobal("process", undefined);
    vi.stubGlobal("localStorage", localStorage);
    try {
      return work(openStore(undefined));
    } finally {
      vi.unstubAllGlobals();
    }
  }

  test("localStorage", () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text) };
    inPage(storage, (store) => {
      expect(store.read()).toBeUndefined();
      store.write("text");
      expect(store.read()).toBe("text");
      kept.set([...kept.keys()][0]!, "x".repeat(70_000));
      expect(store.read()).toBeUndefined();
    });
  });

  test("a worker has none, and a full or forbidden one throws: nothing is kept", () => {
    const forbidden = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
    for (const storage of [undefined, { getItem: forbidden, setItem: forbidden }])
      inPage(storage, (store) => {
        store.write("text");
        expect(store.read()).toBeUndefined();
      });
  });
});
