import type { SharedTensorsHandle } from "./shared-tensors.js";

/** What the thread that trains says to a replica. */
export type ToReplica<Task> =
  | { kind: "open"; weights: SharedTensorsHandle; gradients: SharedTensorsHandle }
  | { kind: "task"; id: number; task: Task };

/** What a replica says. */
export type FromReplica<Answer> = { kind: "ready" } | { kind: "answer"; id: number; answer: Answer } | { kind: "failed"; text: string };
