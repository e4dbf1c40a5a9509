/**
 * Pairs @tensorflow/tfjs-node-gpu with a current TensorFlow from PyPI.
 *
 * @module
 */
export {};
