import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { isVolumeError, parseVolume, type VolumeFiles } from "../src/index.js";
import { readVolume } from "../src/node.js";

interface Answer {
  data?: number[];
  tag?: string;
  message?: string;
}

/** Reads files in memory and on disk, which have to agree, and gives the answer from disk with the folder's name taken out. */
export function bothReaders(): (files: VolumeFiles, path: string, options?: { maxBytes?: number }) => Promise<Answer> {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gleaner-volumes-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  return async (files, path, options = {}) => {
    const place = await mkdtemp(join(folder, "case-"));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(place, name)), { recursive: true });
      await writeFile(join(place, name), content);
    }
    const answers = await Promise.all(
      [() => parseVolume(files, { path, ...options }), () => readVolume(join(place, path), options)].map(async (work): Promise<Answer> => {
        try {
          return { data: Array.from((await work()).data) };
        } catch (error) {
          if (!isVolumeError(error)) throw error;
          return { tag: error.tag, message: error.message.replaceAll(`${place}/`, "") };
        }
      }),
    );
    expect(answers[1]!.tag).toBe(answers[0]!.tag);
    expect(answers[1]!.data).toEqual(answers[0]!.data);
    return answers[1]!;
  };
}
