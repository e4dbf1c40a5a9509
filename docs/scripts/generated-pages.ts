import { fileURLToPath } from "node:url";
import { commandReference } from "./command-reference.js";
import { livePresets } from "./live-presets.js";
import { packageDiagram } from "./package-diagram.js";
import { packagePages } from "./package-pages.js";
import { scanRoad } from "./scan-road.js";
import { settingsTables } from "./settings-table.js";

/** The folders of the site that hold nothing written by hand; git ignores them. */
export const generatedFolders = ["api", "generated", "packages"] as const;

/** Every file that is made from the code, by its path in docs; the API reference is typedoc's. */
export async function generatedPages(): Promise<Record<string, string>> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  return {
    "generated/settings.md": `${settingsTables("detection")}\n`,
    "generated/classification-settings.md": `${settingsTables("classification")}\n`,
    "generated/commands.md": `${await commandReference()}\n`,
    ...livePresets(),
    "generated/package-diagram.md": packageDiagram(),
    "generated/scan-road.md": scanRoad(root, "../packages/"),
    ...packagePages(root),
  };
}
