/**
 * Soft-target focal loss, consistency losses, sharpening, box regression.
 *
 * @module
 */
export {};
