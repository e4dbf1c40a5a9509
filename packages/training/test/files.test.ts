import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type Checkpoint, encodeCheckpoint, isCheckpointError } from "../src/index.js";
import { createEventLog, loadCheckpoint, readEventLog, saveCheckpoint } from "../src/node.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gleaner-training-"));
});
const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};
const value = (x: number): Checkpoint => ({ tensors: { w: { dtype: "F32", shape: [1], data: new Float32Array([x]) } }, meta: { x } });

describe("checkpoints", () => {
  test("are replaced whole and leave nothing beside them", () => {
    const path = join(folder, "last.safetensors");
    saveCheckpoint(path, value(1));
    saveCheckpoint(path, value(2));
    expect(loadCheckpoint(path)).toEqual(value(2));
    expect(readFileSync(path)).toEqual(Buffer.from(encodeCheckpoint(value(2))));
    expect(readdirSync(folder)).toEqual(["last.safetensors"]);
  });

  test("a save that fails leaves the old file and no part of the new one", () => {
    const path = join(folder, "last.safetensors");
    saveCheckpoint(path, value(1));
    expect(
      caught(() => saveCheckpoint(path, { tensors: { w: { dtype: "F32", shape: [2], data: new Float32Array(1) } }, meta: null })),
    ).toBeInstanceOf(RangeError);
    expect(loadCheckpoint(path)).toEqual(value(1));
    mkdirSync(join(folder, "taken"));
    expect(caught(() => saveCheckpoint(join(folder, "taken"), value(1)))).toBeDefined();
    expect(readdirSync(folder).sort()).toEqual(["last.safetensors", "taken"]);
    expect(caught(() => saveCheckpoint(join(folder, "missing", "a"), value(1)))).toMatchObject({ code: "ENOENT" });
  });

  test("errors name the file", () => {
    const path = join(folder, "bad.safetensors");
    writeFileSync(path, "no checkpoint at all");
    const error = caught(() => loadCheckpoint(path));
    expect(isCheckpointError(error, "TooLarge") && error.path === path && error.message.startsWith(`${path}: `)).toBe(true);
    expect(caught(() => loadCheckpoint(join(folder, "none")))).toMatchObject({ code: "ENOENT" });
    expect(
      isCheckpointError(
        caught(() => loadCheckpoint(path, { maxBytes: 10 })),
        "TooLarge",
      ),
    ).toBe(true);
  });
});

describe("event logs", () => {
  test("a run that was killed in the middle of a line goes on", () => {
    const path = join(folder, "events.jsonl");
    const log = createEventLog(path);
    log.append({ kind: "start" });
    for (let step = 1; step <= 5; step++) log.append({ step, loss: step / 10 });
    log.close();
    writeFileSync(path, `${readFileSync(path, "utf8")}{"step":6,"lo`);
    expect(readEventLog(path)).toHaveLength(6);
    const resumed = createEventLog(path, { resumeAtStep: 3 });
    resumed.append({ step: 4, loss: Number.NaN });
    resumed.close();
    expect(readFileSync(path, "utf8")).toBe(
      '{"kind":"start"}\n{"step":1,"loss":0.1}\n{"step":2,"loss":0.2}\n{"step":3,"loss":0.3}\n{"step":4,"loss":null}\n',
    );
    expect(readdirSync(folder)).toEqual(["events.jsonl"]);
  });

  test("without a step all whole lines stay", () => {
    const path = join(folder, "events.jsonl");
    writeFileSync(path, '{"step":1}\n{"step":2}\n{"st');
    const log = createEventLog(path);
    log.append({ step: 3 });
    log.close();
    expect(readEventLog(path)).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
  });

  test("only half a line, an empty file and blank lines are no events", () => {
    const path = join(folder, "events.jsonl");
    for (const text of ["", '{"step":1}', "\n\n", "  \n"]) {
      writeFileSync(path, text);
      expect(readEventLog(path)).toEqual([]);
    }
  });

  test("a file that is no log is refused and not touched", () => {
    const path = join(folder, "events.jsonl");
    for (const [text, line] of [
      ['{"step":1}\nhello\n', 2],
      ["[1]\n", 1],
      ["null\n", 1],
    ] as const) {
      writeFileSync(path, text);
      const error = caught(() => createEventLog(path));
      expect(isCheckpointError(error, "Corrupt") && error.message).toContain(`line ${line}`);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    expect(
      isCheckpointError(
        caught(() => readEventLog(path, { maxBytes: 1 })),
        "TooLarge",
      ),
    ).toBe(true);
  });

  test("only objects are events", () => {
    const log = createEventLog(join(folder, "events.jsonl"));
    for (const event of [1, null, [1], "x"]) expect(() => log.append(event as never)).toThrow(TypeError);
    log.close();
    expect(existsSync(join(folder, "events.jsonl"))).toBe(true);
  });
});
