/**
 * Chooses and prepares the fastest engine that is right here, and says why.
 *
 * @module
 */
export {};
