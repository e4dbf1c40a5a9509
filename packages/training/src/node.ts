/**
 * Checkpoints and event logs as files, and threads for replicas.
 *
 * @module
 */
export { loadCheckpoint, saveCheckpoint } from "./checkpoint-file.js";
export { createEventLog, type EventLog, type EventLogOptions, type LogEvent, readEventLog } from "./event-log.js";
export { threadChannel } from "./thread-channel.js";
