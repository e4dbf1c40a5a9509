/**
 * Fast, right 3D kernels for the WASM backend of TensorFlow.js.
 *
 * @module
 */
export { registerWasm3d } from "./register.js";
