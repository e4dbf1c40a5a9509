import { chooseEngine } from "@gleaner/engine";
import { answerAsReplica, type Channel, type Replica } from "@gleaner/training";
// This also registers the gradients on the one TensorFlow.js of this thread.
import { enableProdMode } from "@tensorflow/tfjs";

/** Makes this thread one of those that share the steps of a training, with an engine and a network of its own. */
export function answerAsEngine<Task, Answer>(channel: Channel, makeReplica: () => Replica<Task, Answer>): void {
  answerAsReplica<Task, Answer>(channel, async () => {
    enableProdMode();
    await chooseEngine({ prefer: "wasm" });
    return makeReplica();
  });
}
