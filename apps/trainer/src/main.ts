import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { type CommandDef, renderUsage } from "citty";
import { type Command, parseCommandLine } from "./command.js";
import { commands } from "./commands.js";
import { explainError, inputError } from "./errors.js";
import type { Io, TextStream } from "./io.js";

const description = "Learn from the scans nobody had time to label.";

/** Runs one call of the command `gleaner` and gives its exit code: 0 done, 1 the work failed, 2 the call or the input is wrong. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const { text, exitCode } = explainError(error);
    // On a terminal a line of progress may be unfinished: it gives way.
    io.stderr.write(`${io.stderr.isTTY ? "\r\u001b[K" : ""}gleaner: ${text}\n`);
    return exitCode;
  }
}

async function dispatch([name, ...words]: readonly string[], io: Io): Promise<number> {
  if (name === undefined) {
    await showUsage(io.stderr);
    return 2;
  }
  if (name === "--help" || name === "-h") {
    await showUsage(io.stdout);
    return 0;
  }
  if (name === "--version" || name === "-v") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) throw inputError(`${JSON.stringify(name)} is no command; expected ${Object.keys(commands).join(", ")} or --help`);
  const command = await entry.load();
  const end = words.indexOf("--");
  if (words.slice(0, end < 0 ? undefined : end).some((word) => word === "--help" || word === "-h")) {
    await showUsage(io.stdout, name, command);
    return 0;
  }
  await command.run(parseCommandLine(name, command, words, io));
  return 0;
}

async function showUsage(stream: TextStream, name?: string, command?: Command): Promise<void> {
  const parent: CommandDef = { meta: { name: "gleaner", version: version(), description } };
  let text: string;
  if (name && command) {
    const { args, variadic } = command;
    const usage = await renderUsage({ meta: { name, description: commands[name]!.description }, args }, parent);
    text = variadic ? usage.replace(`<${variadic.toUpperCase()}>`, `<${variadic.toUpperCase()}>...`) : usage;
  } else {
    const stubs = Object.entries(commands).map(([key, entry]) => [key, { meta: { description: entry.description } }]);
    text = await renderUsage({ ...parent, subCommands: Object.fromEntries(stubs) });
  }
  const plain = stream.isTTY ? text : stripVTControlCharacters(text);
  stream.write(`${plain.replace(/[ \t]+$/gm, "")}\n`);
}

// Read rather than imported, because the file is one level up both from src and from dist.
function version(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
