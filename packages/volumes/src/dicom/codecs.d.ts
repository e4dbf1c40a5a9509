/** The parts of OpenJPEG's and CharLS's builds for JavaScript that are used here; the packages have no types of their own. */
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}
interface WasmOptions {
  print(): void;
  printErr(): void;
}

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: (options: WasmOptions) => Promise<{ J2KDecoder: new () => WasmDecoder }>;
  export default create;
}
declare module "@cornerstonejs/codec-openjpeg/decode" {
  const create: (options: WasmOptions) => Promise<{ J2KDecoder: new () => WasmDecoder }>;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: (options: WasmOptions) => Promise<{ JpegLSDecoder: new () => WasmDecoder }>;
  export default create;
}
declare module "@cornerstonejs/codec-charls/decode" {
  const create: (options: WasmOptions) => Promise<{ JpegLSDecoder: new () => WasmDecoder }>;
  export default create;
}
