/** A way to another thread and back. `portChannel` makes one in a page, `threadChannel` of `@gleaner/training/node` in Node. */
export interface Channel {
  /** Copies the message to the other side; shared memory in it is shared. */
  post(message: unknown): void;
  /** Says who gets what the other side posts, and who is told when it can post no more; called once. */
  listen(onMessage: (message: unknown) => void, onBroken: (error: Error) => void): void;
  /** Whether the process has to stay alive for an answer; only Node asks. */
  hold?(held: boolean): void;
  /** Ends the other side, whatever it is doing. */
  close(): void | Promise<void>;
}

/** What is used of a `MessagePort` or a `Worker` of the web; of `MessagePort` and `parentPort` in Node too. */
export interface Port {
  postMessage(message: unknown): void;
  /** Of the types message (with `data`), messageerror and error (with `message`). */
  addEventListener(type: string, listener: (event: Event) => void): void;
  start?(): void;
  close?(): void;
  terminate?(): void;
}

/**
 * A channel through a `MessagePort`, a `Worker` of the web, or, within one, the worker's own global scope.
 *
 * @example
 * ```ts
 * import { portChannel } from "@gleaner/training";
 * const { port1, port2 } = new MessageChannel();
 * const [here, there] = [portChannel(port1), portChannel(port2)];
 * there.listen((message) => there.post(`${message}, too`), () => {});
 * const answer = new Promise((resolve, reject) => here.listen(resolve, reject));
 * here.post("me");
 * await answer; // => "me, too"
 * await here.close();
 * ```
 */
export function portChannel(port: Port): Channel {
  return {
    post: (message) => port.postMessage(message),
    listen(onMessage, onBroken) {
      port.addEventListener("message", (event) => onMessage((event as unknown as { data: unknown }).data));
      port.addEventListener("messageerror", () => onBroken(new Error("a message cannot be read")));
      port.addEventListener("error", (event) =>
        onBroken(new Error((event as unknown as { message?: string }).message ?? "it gives no reason")),
      );
      port.start?.();
    },
    close() {
      if (port.terminate) port.terminate();
      else port.close?.();
    },
  };
}
