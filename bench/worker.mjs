import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process that answers each line with one of JSON; `hello` is its first answer. */
export async function startWorker(command, args, environment = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...environment } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${args[0]} ended before it answered`);
    return JSON.parse(value);
  };
  const ask = (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return next();
  };
  return { hello: await next(), ask, stop: () => child.kill() };
}
