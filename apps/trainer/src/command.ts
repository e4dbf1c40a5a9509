import { parseArgs as parseStrictly } from "node:util";
import { type ArgsDef, type ParsedArgs, parseArgs } from "citty";
import { inputError } from "./errors.js";
import type { Io } from "./io.js";

/** What a command is run with. */
interface CommandContext<A extends ArgsDef> {
  args: ParsedArgs<A>;
  /** Every value of an option that may be repeated, in order. */
  all(name: string): string[];
  io: Io;
}

/** One subcommand: its arguments in citty's notation, and what it does. */
export interface Command<A extends ArgsDef = ArgsDef> {
  args: A;
  /** The name of the last positional argument if it may be given several times; the values are in `args._`. */
  variadic?: string;
  /** Names of the options that may be repeated. */
  repeatable?: readonly string[];
  run(context: CommandContext<A>): void | Promise<void>;
}

/** Types a command by its own arguments; the result fits any place that takes a command. */
export const defineCommand = <const A extends ArgsDef>(command: Command<A>): Command => command as unknown as Command;

const isPositional = (definition: ArgsDef[string]): boolean => definition.type === "positional";

/** Parses the words after a subcommand; throws an InputError for anything that its arguments do not name (citty lets that pass). */
export function parseCommandLine(name: string, command: Command, words: readonly string[], io: Io): CommandContext<ArgsDef> {
  const definitions = Object.entries(command.args);
  const refuse = (complaint: string): never => {
    throw inputError(`${complaint}; \`gleaner ${name} --help\` lists what ${name} takes`);
  };
  const options = Object.fromEntries(
    definitions
      .filter(([, definition]) => !isPositional(definition))
      .map(([option, definition]) => {
        const short = [(definition as { alias?: string | string[] }).alias ?? []].flat().find((alias) => alias.length === 1);
        return [option, { type: definition.type === "boolean" ? "boolean" : "string", multiple: true, ...(short && { short }) } as const];
      }),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseStrictly({ args: [...words], options, allowPositionals: true, allowNegative: true, strict: true });
  } catch (error) {
    // Node's messages are long; their first sentence names the option and what is wrong with it.
    return refuse((error as Error).message.split(/\.\s/)[0]!.replace(/\.$/, ""));
  }
  for (const [option, values] of Object.entries(parsed.values)) {
    const count = (values as unknown[]).length;
    if (count > 1 && !command.repeatable?.includes(option)) refuse(`--${option} is given ${count} times`);
  }
  const places = definitions.filter(([, definition]) => isPositional(definition));
  for (const [index, [place, definition]] of places.entries()) {
    if (index >= parsed.positionals.length && definition.required !== false && definition.default === undefined) {
      refuse(`${place.toUpperCase()} is missing`);
    }
  }
  if (!command.variadic && parsed.positionals.length > places.length)
    refuse(`${JSON.stringify(parsed.positionals[places.length])} is one argument too many`);
  for (const [option, definition] of definitions) {
    if (!isPositional(definition) && definition.required && parsed.values[option] === undefined) refuse(`--${option} is missing`);
    const choices = definition.type === "enum" ? (definition.options ?? []) : undefined;
    for (const value of choices ? ((parsed.values[option] ?? []) as string[]) : []) {
      if (!choices!.includes(value)) refuse(`--${option} is ${JSON.stringify(value)}; expected ${choices!.join(" or ")}`);
    }
  }
  return {
    args: parseArgs([...words], command.args),
    all: (option) => ((parsed.values[option] ?? []) as unknown[]).map(String),
    io,
  };
}
