import type { Command } from "./command.js";

/** The subcommands; each is loaded only when it is called, so that `gleaner --help` does not wait for an engine. */
export const commands: Record<string, { description: string; load: () => Promise<Command> }> = {
  inspect: { description: "What a volume is: shape, spacing, values.", load: async () => (await import("./commands/inspect.js")).default },
};
