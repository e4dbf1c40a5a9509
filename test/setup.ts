import { configureGlobal } from "fast-check";

// In CI the same cases every time, so that a red run is about the change; elsewhere new ones at each run (fast-check prints the seed).
if (process.env["CI"]) configureGlobal({ seed: 20260101 });
