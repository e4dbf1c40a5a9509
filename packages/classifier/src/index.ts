/**
 * Wide ResNets and a small CNN for images.
 *
 * @module
 */
export {};
