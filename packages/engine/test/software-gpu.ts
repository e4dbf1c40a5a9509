// A GPU in software, so that WebGPU can be tested where there is none: SwiftShader and a Vulkan loader, which Debian's chromium brings.
// Right, and slower than plain JavaScript: tests that use it are small.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const chromium = "/usr/lib/chromium";
const [driver, loader] = [join(chromium, "libvk_swiftshader.so"), join(chromium, "libvulkan.so.1")];

const isInstalled = (name: string): boolean => {
  try {
    return Boolean(import.meta.resolve?.(name));
  } catch {
    return false;
  }
};

/** Whether this machine can: Linux with chromium's driver, and npm's webgpu, which is optional. */
export const hasSoftwareGpu: boolean = process.platform === "linux" && existsSync(driver) && isInstalled("webgpu");

/** Makes SwiftShader the only GPU of this process; before Dawn is loaded. */
export function useSoftwareGpu(): void {
  const folder = mkdtempSync(join(tmpdir(), "swiftshader-"));
  const manifest = join(folder, "swiftshader.json");
  writeFileSync(manifest, JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: driver, api_version: "1.1.0" } }));
  process.env["VK_ICD_FILENAMES"] = manifest;
  process.on("exit", () => rmSync(folder, { recursive: true }));
  if (!existsSync(loader)) return;
  try {
    // Dawn asks for it by its bare name, and gets the one that is loaded already. RTLD_NODELETE: Node lets go of it, since it is no add-on.
    process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_NOW | 0x1000);
  } catch {
    // "Module did not self-register", after it was loaded.
  }
}
