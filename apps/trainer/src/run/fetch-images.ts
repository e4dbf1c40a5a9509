import { join } from "node:path";
import { fetchDigits } from "@gleaner/images/node";
import { defaultCacheFolder } from "@gleaner/native";
import { workError } from "../errors.js";
import type { Io } from "../io.js";

/** Where a set that was fetched lies unless another folder was named. */
export const fetchedDigits = (env: Io["env"]): string => join(defaultCacheFolder(env), "digits");

/** Fetches UCI's digits through the user's pip, into a folder or, by default, the cache; says so on standard error. */
export async function fetchDigitsSet({
  io,
  folder = fetchedDigits(io.env),
  python,
}: {
  io: Io;
  folder?: string;
  python?: string;
}): Promise<{ path: string; fetched: boolean }> {
  try {
    let told = false;
    return await fetchDigits(folder, {
      ...(python !== undefined && { python }),
      signal: io.signal,
      onProgress: () => {
        if (!told) io.stderr.write("fetching UCI's digits (CC BY 4.0) out of scikit-learn's wheel, about 10 MB, by your pip\n");
        told = true;
      },
    });
  } catch (error) {
    if ((error as Error).name === "Error") throw workError((error as Error).message, error);
    throw error;
  }
}
