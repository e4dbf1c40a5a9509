// The parts of packages without types that are used here. Who imports one of them refers to this file by its path, so that the types are also
// there when another project checks these sources, whose own list of files does not name it.
/// <reference path="./annotations/optional-packages.d.ts" />

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: (options: import("./dicom/wasm-module.js").WasmOptions) => Promise<{
    J2KDecoder: new () => import("./dicom/wasm-module.js").WasmDecoder;
  }>;
  export default create;
}
declare module "@cornerstonejs/codec-openjpeg/decode" {
  const create: (options: import("./dicom/wasm-module.js").WasmOptions) => Promise<{
    J2KDecoder: new () => import("./dicom/wasm-module.js").WasmDecoder;
  }>;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: (options: import("./dicom/wasm-module.js").WasmOptions) => Promise<{
    JpegLSDecoder: new () => import("./dicom/wasm-module.js").WasmDecoder;
  }>;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decode" {
  const create: (options: import("./dicom/wasm-module.js").WasmOptions) => Promise<{
    JpegLSDecoder: new () => import("./dicom/wasm-module.js").WasmDecoder;
  }>;
  export default create;
}
