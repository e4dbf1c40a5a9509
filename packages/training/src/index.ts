/**
 * Optimisers, weight averaging, schedules, the loop, checkpoints and event logs.
 *
 * @module
 */
export {};
