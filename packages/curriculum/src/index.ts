/**
 * Per-class thresholds that follow how well each class is learnt (curriculum pseudo-labeling).
 *
 * @module
 */
export {};
