// Reads the reader's files and counts beside the page, so that it keeps answering. Files stay here; nothing is sent anywhere.
import { bootstrapFroc, type FrocBootstrap, type FrocInput, type FrocIssue, type FrocMatches, validateSubmission } from "@gleaner/froc";
import { createRandom } from "@gleaner/training";
import { type FrocAnswer, frocAnswer } from "./froc-answer.js";
import { type FrocRole, type FrocTable, inputOf, type ReadTable, readFrocFile } from "./froc-files.js";
import type { FrocSettings } from "./froc-settings.js";

/** What the page asks of its worker, and what it gets. */
export interface FrocTasks {
  /** Takes files in, each in the place of the one with its role. `answer` is not there while a table is missing. */
  read: { ask: { files: File[]; settings: FrocSettings }; get: { tables: FrocTable[]; answer?: FrocAnswer; issues: FrocIssue[] } };
  count: { ask: { settings: FrocSettings }; get: FrocAnswer };
  bootstrap: { ask: { matches: FrocMatches; samples: number; seed: number }; get: FrocBootstrap };
}

const tables = new Map<FrocRole, ReadTable>();
let input: FrocInput | undefined;

const tasks: { [K in keyof FrocTasks]: (ask: FrocTasks[K]["ask"]) => FrocTasks[K]["get"] | Promise<FrocTasks[K]["get"]> } = {
  async read({ files, settings }) {
    const read: ReadTable[] = [];
    for (const file of files) read.push(await readFrocFile(file));
    // All or nothing: one bad file leaves what was there.
    for (const table of read) tables.set(table.role, table);
    input = inputOf(tables);
    const list = [...tables.values()].map(({ role, name, rows }) => ({ role, name, rows }));
    if (!input) return { tables: list, issues: [] };
    return { tables: list, answer: frocAnswer(input, settings), issues: validateSubmission(input) };
  },
  count({ settings }) {
    if (!input) throw new Error("there is no submission yet; expected files first");
    return frocAnswer(input, settings);
  },
  bootstrap: ({ matches, samples, seed }) => bootstrapFroc(matches, { samples, random: createRandom(seed) }),
};

addEventListener("message", async (event: MessageEvent<{ id: number; task: keyof FrocTasks; ask: never }>) => {
  const { id, task, ask } = event.data;
  try {
    postMessage({ id, got: await tasks[task](ask) });
  } catch (error) {
    postMessage({ id, failed: error instanceof Error ? error.message : String(error) });
  }
});
