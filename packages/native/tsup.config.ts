import { packageBuild } from "../../tsup.base.js";

// Shims give the CommonJS build import.meta.url, by which the C++ sources of this package are found.
export default { ...packageBuild(["src/index.ts", "src/cli.ts"], "node"), shims: true };
