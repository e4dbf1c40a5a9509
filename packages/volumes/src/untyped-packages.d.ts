// The parts of packages without types that are used here. Who imports one of them refers to this file by its path, so that the types are also
// there when another project checks these sources, whose own list of files does not name it.
/// <reference path="./annotations/optional-packages.d.ts" />

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: import("./dicom/wasm-module.js").WasmModule<"J2KDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-openjpeg/decode" {
  const create: import("./dicom/wasm-module.js").WasmModule<"J2KDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: import("./dicom/wasm-module.js").WasmModule<"JpegLSDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decode" {
  const create: import("./dicom/wasm-module.js").WasmModule<"JpegLSDecoder">;
  export default create;
}
