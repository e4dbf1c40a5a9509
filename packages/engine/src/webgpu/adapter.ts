/** What is used of a GPUAdapter and of its GPUAdapterInfo. */
export interface Adapter {
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
  /** Where browsers said it before it went into `info`. */
  isFallbackAdapter?: boolean;
  features: ReadonlySet<string>;
  limits: object;
  requestDevice(descriptor: object): Promise<object>;
}

/** What is used of a GPU, navigator's or Dawn's. */
export interface Gpu {
  requestAdapter(options: object): Promise<Adapter | null>;
}

/** The adapter in the words of its driver, such as `NVIDIA GeForce RTX 4090`, or its vendor and architecture where a browser says no more. */
export function describeAdapter({ info = {} }: Adapter): string {
  const { vendor = "", architecture = "", device, description } = info;
  return description || device || `${vendor} ${architecture}`.trim() || "a GPU that does not say its name";
}

/** Drivers that compute on the processor: Chromium's, Mesa's two, and Windows'. */
const softwareDrivers = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** Whether an adapter computes on the processor: right, and hundreds of times slower than the engines made for that. */
export function isSoftware({ info = {}, isFallbackAdapter }: Adapter): boolean {
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  return (
    (info.isFallbackAdapter ?? isFallbackAdapter ?? false) || softwareDrivers.test([vendor, architecture, device, description].join(" "))
  );
}
