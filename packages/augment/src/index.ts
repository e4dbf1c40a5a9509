/**
 * Views of images and volumes with their inverses, and MixUp of images and of objects.
 *
 * @module
 */
export {};
