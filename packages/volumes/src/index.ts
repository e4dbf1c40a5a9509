/**
 * CT volumes: read and write them, geometry, resampling, windows, lung masks, patches.
 *
 * @module
 */
export {};
