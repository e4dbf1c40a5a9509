/**
 * Checkpoints and event logs as files.
 *
 * @module
 */
export { loadCheckpoint, saveCheckpoint } from "./checkpoint-file.js";
export { createEventLog, type EventLog, type EventLogOptions, type LogEvent, readEventLog } from "./event-log.js";
