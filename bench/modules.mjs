import { createRequire } from "node:module";

/** The workspace's packages as the trainer sees them, since it has them all; built ones (pnpm build). */
const require = createRequire(new URL("../apps/trainer/package.json", import.meta.url));

export const load = (name) => require(name);
export const tf = load("@tensorflow/tfjs");
