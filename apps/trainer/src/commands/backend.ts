import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import { writeJson } from "../reporters/json.js";

export default defineCommand({
  args: {
    action: {
      type: "positional",
      description: "install: pair the native engine; check: test the operators that Gleaner needs; without: say which engine is used",
      required: false,
    },
    gpu: { type: "boolean", description: "install: with CUDA" },
    tensorflow: { type: "string", description: "install: this version of TensorFlow", valueHint: "VERSION" },
    wheel: { type: "string", description: "install: from a wheel on this disk", valueHint: "FILE" },
    python: { type: "string", description: "install: the Python whose pip fetches the wheel", valueHint: "PATH" },
    engine: { type: "string", description: "native, webgpu, wasm or cpu instead of the fastest that is here", valueHint: "NAME" },
    measure: { type: "boolean", description: "without an action: measure every engine anew, and remember which is the fastest" },
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const { action } = args;
    if (action !== undefined && action !== "install" && action !== "check") {
      throw inputError(`${JSON.stringify(action)} is nothing that backend does; expected install, check or nothing`);
    }
    const { gpu, tensorflow, wheel, python } = args;
    const given = Object.fromEntries(Object.entries({ gpu, tensorflow, wheel, python }).filter(([, value]) => value !== undefined));
    const [stray] = Object.keys(given);
    if (stray !== undefined && action !== "install")
      throw inputError(`--${stray} is an option of \`gleaner backend install\`; expected install before it`);
    if (args.measure && (action !== undefined || args.engine !== undefined))
      throw inputError("--measure is an option of `gleaner backend` alone; expected neither an action nor --engine");
    const { backendCheck, backendInstall, backendStatus, describeStatus, faultError } = await import("../run/backend.js");
    if (action === "install") {
      const installed = await backendInstall(given, io);
      if (args.json) writeJson(io, installed);
      else io.stdout.write(`TensorFlow ${installed.tensorflow}${installed.gpu ? " with CUDA" : ""} is paired: ${installed.binding}\n`);
    } else if (action === "check") {
      const { engine, operators, faults } = await backendCheck(args.engine, io);
      if (args.json) writeJson(io, { engine, operators });
      else
        for (const { operator, status, error } of operators)
          io.stdout.write(`${status.padEnd(8)}${operator}${error === undefined ? "" : `: ${error}`}\n`);
      if (faults > 0) throw faultError(engine, faults);
    } else {
      const status = await backendStatus(args.engine, args.measure ?? false, io);
      if (args.json) writeJson(io, status);
      else io.stdout.write(describeStatus(status));
    }
  },
});
