import { util } from "@tensorflow/tfjs-core";
import { engineError } from "../errors.js";
import type { GiveTurn } from "./dawn.js";

interface GpuBuffer {
  size: number;
  mapState: "unmapped" | "pending" | "mapped";
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

interface Encoder {
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}

/** What is used of the WebGPUBackend of @tensorflow/tfjs-backend-webgpu. */
export interface WebgpuBackend {
  tensorMap: {
    get(dataId: object): { values?: unknown; dtype: "float32" | "int32" | "bool" | "complex64" | "string"; resource?: GpuBuffer };
  };
  device: { createBuffer(descriptor: object): GpuBuffer; createCommandEncoder(): Encoder };
  queue: { submit(commands: object[]): void };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  readSync(dataId: object): unknown;
}

// GPUBufferUsage.MAP_READ | COPY_DST and GPUMapMode.READ of the WebGPU standard.
const usage = 0x0001 | 0x0008;
const readMode = 0x0001;

/** Turns without a pause, for what is nearly done; after them a pause of a quarter of a millisecond each, which leaves the processor to others. */
const eagerTurns = 200;
const pauseMs = 0.25;

/**
 * Gives the backend a `readSync` in Node, where the stock one needs a canvas: it waits until the GPU is done.
 *
 * A step of training reads some numbers inside functions that cannot wait otherwise; each such read empties the GPU's queue.
 */
export function installReadSync(backend: WebgpuBackend, giveTurn: GiveTurn): void {
  const stock = backend.readSync.bind(backend);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  backend.readSync = (dataId) => {
    const { values, dtype, resource } = backend.tensorMap.get(dataId);
    if (values != null || dtype === "string" || dtype === "complex64" || !resource) return stock(dataId);
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
    const staging = backend.device.createBuffer({ size: resource.size, usage });
    const encoder = backend.device.createCommandEncoder();
    encoder.copyBufferToBuffer(resource, 0, staging, 0, resource.size);
    backend.queue.submit([encoder.finish()]);
    // Its end is seen in mapState below; a rejection is the error thrown there.
    staging.mapAsync(readMode).catch(() => undefined);
    for (let turns = 0; staging.mapState === "pending" && giveTurn(); turns++) if (turns > eagerTurns) Atomics.wait(pause, 0, 0, pauseMs);
    if (staging.mapState !== "mapped") throw engineError("WebGPU could not read a tensor back: the GPU was lost or its memory ran out.");
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    return util.convertBackendValuesAndArrayBuffer(bytes, dtype);
  };
}
