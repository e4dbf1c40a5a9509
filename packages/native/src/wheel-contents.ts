import type { Platform } from "./platform.js";

/** Headers that TensorFlow's C API includes, in every version since 2.16: the trees it forwards to moved between releases. */
const headers =
  /^tensorflow\/include\/((?:tensorflow\/(?:c|core\/platform|core\/public|core\/common_runtime\/next_pluggable_device|compiler\/xla\/(?:tsl|c|stream_executor))|tsl|xla\/(?:tsl|c|stream_executor)|external\/[^/]+\/(?:tsl|xla\/tsl))\/.*\.h)$/;
const notices = /^tensorflow\/(?:include\/)?(LICENSE|THIRD_PARTY_NOTICES\.txt)$/;

/** Where a file of TensorFlow's wheel goes in the cache: the C headers, the two libraries and the licences; nothing else is needed. */
export function placeTensorflow(platform: Platform): (name: string) => string | undefined {
  const libraries = new Set(platform.libraries.map((name) => `tensorflow/${name}`));
  return (name) => {
    if (libraries.has(name)) return `lib/${name.slice("tensorflow/".length)}`;
    const header = headers.exec(name)?.[1];
    if (header !== undefined) return `include/${header}`;
    return notices.exec(name)?.[1];
  };
}

/** Where a file of one of nvidia's wheels goes: TensorFlow's libraries look for them at `$ORIGIN/../nvidia/<name>/lib`. */
export function placeNvidia(name: string): string | undefined {
  return /^nvidia\/[^/]+\/(?:lib|bin|nvvm)\//.test(name) ? name : undefined;
}

/** The requirements that a wheel's METADATA lists under an extra, as pip wants them. */
export function requirementsOfExtra(metadata: string, extra: string): string[] {
  const requirements: string[] = [];
  for (const line of metadata.split("\n")) {
    const match = /^Requires-Dist:\s*([\w.-]+)\s*\(?([^;()]*)\)?\s*;\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, name, versions, marker] = match;
    if (new RegExp(`extra\\s*==\\s*["']${extra}["']`).test(marker!)) requirements.push(`${name}${versions!.replaceAll(" ", "")}`);
  }
  return requirements;
}
