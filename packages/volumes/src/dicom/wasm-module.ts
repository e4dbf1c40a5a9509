/** A decoder of OpenJPEG's and CharLS's builds for JavaScript: the bytes of a stream in, its pixels out. */
export interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

/** Where a build prints to. */
export interface WasmOptions {
  print(): void;
  printErr(): void;
}
