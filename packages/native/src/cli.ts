import { parseArgs } from "node:util";
import { isNativeError } from "./errors.js";
import { installNative } from "./install.js";
import { listPairings } from "./pairings.js";
import { type InstallOptions, planInstall } from "./plan.js";
import { createProgressLine, planLines, statusLines, type Terminal } from "./report.js";

const usage = `gleaner-native: a current TensorFlow as the engine of TensorFlow.js in Node

  gleaner-native install [--gpu] [--tensorflow VERSION] [--wheel FILE] [--tfjs FILE] [--python PATH] [--cache DIR] [--json]
      fetches TensorFlow through pip, compiles the binding and puts both into the cache
  gleaner-native plan    [the same options]
      says what install would download, how large it is and where it goes, and what is missing
  gleaner-native status  [--cache DIR] [--json]
      lists what is installed

Exit codes: 0 done, 1 it could not be done, 2 the call is wrong.
`;

/** The command's standard streams, so that tests can listen. */
const streams: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  interactive: process.stderr.isTTY === true,
};

/**
 * The command `gleaner-native`.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[], terminal: Terminal = streams): Promise<number> {
  let call: { command: string; options: InstallOptions; json: boolean };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        gpu: { type: "boolean" },
        tensorflow: { type: "string" },
        wheel: { type: "string" },
        tfjs: { type: "string" },
        python: { type: "string" },
        cache: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { json, help, ...options } = values;
    const [command, ...rest] = positionals;
    if (help) {
      terminal.out(usage);
      return 0;
    }
    if (command === undefined || rest.length > 0 || !["install", "plan", "status"].includes(command)) {
      terminal.err(usage);
      return 2;
    }
    call = { command, options, json };
  } catch (error) {
    terminal.err(`gleaner-native: ${(error as Error).message}\n`);
    return 2;
  }
  try {
    return await commands[call.command as keyof typeof commands](call.options, call.json, terminal);
  } catch (error) {
    const wrongCall = error instanceof RangeError;
    if (!isNativeError(error) && !wrongCall) throw error;
    if (call.json && isNativeError(error)) terminal.out(`${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`);
    terminal.err(`gleaner-native: ${error.message}\n`);
    return wrongCall ? 2 : 1;
  }
}

type Command = (options: InstallOptions, json: boolean, terminal: Terminal) => Promise<number>;

const plan: Command = async (options, json, { out }) => {
  const planned = await planInstall(options);
  const problems = planned.problems.map(({ code, message }) => ({ code, message }));
  out(json ? `${JSON.stringify({ ...planned, problems })}\n` : `${planLines(planned).join("\n")}\n`);
  return problems.length > 0 ? 1 : 0;
};

const install: Command = async (options, json, { out, err, interactive }) => {
  const planned = await planInstall(options);
  err(`${planLines(planned).join("\n")}\n`);
  if (planned.problems.length > 0) throw planned.problems[0];
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error("interrupted"));
  process.once("SIGINT", onSignal);
  const line = createProgressLine(err, interactive);
  try {
    const pairing = await installNative({ ...options, onProgress: line.show, signal: stop.signal });
    line.end();
    out(json ? `${JSON.stringify(pairing)}\n` : `TensorFlow ${pairing.tensorflow} is ready at ${pairing.binding}\n`);
    return 0;
  } catch (error) {
    line.end();
    if (!stop.signal.aborted) throw error;
    err("gleaner-native: interrupted; what had been downloaded whole is kept for the next time.\n");
    return 130;
  } finally {
    process.off("SIGINT", onSignal);
  }
};

const status: Command = async ({ cache }, json, { out }) => {
  const pairings = listPairings(cache === undefined ? {} : { cache });
  out(json ? `${JSON.stringify(pairings)}\n` : `${statusLines(pairings, cache).join("\n")}\n`);
  return 0;
};

const commands = { plan, install, status };
