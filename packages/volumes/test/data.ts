import { join } from "node:path";

/** The folder of real data; tests that need it are left out where GLEANER_DATA is unset, and say so in their names. */
export const dataFolder: string | undefined = process.env["GLEANER_DATA"];
export const dataPath = (...parts: string[]): string => join(dataFolder ?? "", ...parts);
export const withData = (name: string): string => `${name}${dataFolder ? "" : " (left out: GLEANER_DATA is unset)"}`;
