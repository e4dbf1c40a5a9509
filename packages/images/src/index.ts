/**
 * Labeled image sets and class-balanced label splits.
 *
 * @module
 */
export {};
