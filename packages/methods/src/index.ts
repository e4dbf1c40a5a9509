/**
 * One training step of each semi-supervised method: from a predict function and batches to a loss and its statistics.
 *
 * @module
 */
export {};
