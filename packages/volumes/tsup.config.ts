import { packageBuild } from "../../tsup.base.js";

// Shims give the CommonJS build import.meta.url, by which the script of the threads that decode is found.
export default {
  ...packageBuild(["src/index.ts", "src/node.ts", "src/node-dicom-worker.ts"]),
  dts: { entry: ["src/index.ts", "src/node.ts"] },
  shims: true,
};
