import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/** Half of a conversation, which can be posted to the thread that has it; its port has to be transferred. */
export interface ConversationEnd {
  port: MessagePort;
  /** How many messages each side has said: of this end, then of the other. */
  said: [own: SharedArrayBuffer, others: SharedArrayBuffer];
}

/** A conversation of two threads in the middle of their work: who waits for the other side sleeps, and its event loop with it. */
export interface Conversation<Says, Hears> {
  say(message: Says): void;
  /**
   * The next message of the other side.
   *
   * @throws Error with one sentence where the other side has failed, or said nothing for longer than anything takes
   */
  hear(): Hears;
  /** Tells the other side that there is nothing to wait for any more. */
  fail(why: string): void;
}

type Message<T> = { said: T } | { failed: string };

/** Longer than the largest layer takes on the slowest machine. A thread that ends for want of memory can say nothing. */
const patienceMs = 10 * 60_000;

export function createConversation(): [ConversationEnd, ConversationEnd] {
  const { port1, port2 } = new MessageChannel();
  const [first, second] = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  return [
    { port: port1, said: [first, second] },
    { port: port2, said: [second, first] },
  ];
}

export function openConversation<Says, Hears>({ port, said }: ConversationEnd, patience = patienceMs): Conversation<Says, Hears> {
  const [own, others] = said.map((memory) => new Int32Array(memory)) as [Int32Array, Int32Array];
  let heard = 0;
  const post = (message: Message<Says>): void => {
    port.postMessage(message);
    // After the message, so that who is woken by the number finds it.
    Atomics.add(own, 0, 1);
    Atomics.notify(own, 0);
  };
  return {
    say: (message) => post({ said: message }),
    fail: (why) => post({ failed: why }),
    hear() {
      if (Atomics.load(others, 0) === heard && Atomics.wait(others, 0, heard, patience) === "timed-out")
        throw new Error(`it has said nothing for ${patience / 1000} seconds`);
      heard++;
      const { message } = receiveMessageOnPort(port) as { message: Message<Hears> };
      if ("failed" in message) throw new Error(message.failed);
      return message.said;
    },
  };
}
