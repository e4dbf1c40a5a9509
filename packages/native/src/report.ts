import { defaultCacheFolder } from "./cache-folder.js";
import type { InstallProgress } from "./install.js";
import type { Pairing } from "./pairings.js";
import type { InstallPlan } from "./plan.js";

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Terminal {
  out: (text: string) => void;
  err: (text: string) => void;
  /** Whether `err` is a terminal, on which a line can be written over. */
  interactive: boolean;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;

/** A plan for people. */
export function planLines(plan: InstallPlan): string[] {
  const { installed, warnings } = plan;
  if (installed) return [`TensorFlow ${plan.tensorflow} is installed at ${installed.binding}; there is nothing to do.`, ...warnings];
  return [
    ...(plan.repairs === undefined ? [] : [`Will be made again, because ${plan.repairs}.`]),
    ...plan.downloads.map(({ what, bytes, by }) => `Downloads ${what} through ${by}, about ${megabytes(bytes)}.`),
    `Compiles the binding${plan.compiler ? ` with ${plan.compiler.version}` : ""}.`,
    `Installs into ${plan.cache}; needs ${megabytes(plan.diskBytes)} of the ${megabytes(plan.freeBytes)} there.`,
    ...warnings,
    ...plan.problems.map(({ message }) => `Missing: ${message}`),
  ];
}

/** What is installed, for people. */
export function statusLines(pairings: readonly Pairing[], cache: string = defaultCacheFolder()): string[] {
  if (pairings.length === 0) return [`Nothing is installed in ${cache}.`];
  return pairings.map(({ tensorflow, gpu, binding, fault }) => {
    const name = `TensorFlow ${tensorflow}${gpu ? " with CUDA" : ""}`;
    return fault === undefined ? `${name}: ready at ${binding}` : `${name}: not usable, because ${fault}`;
  });
}

/** Progress on one line of a terminal, or as a line for every phase where there is none. */
export function createProgressLine(
  write: (text: string) => void,
  interactive: boolean,
): { show: (p: InstallProgress) => void; end: () => void } {
  let last = "";
  let open = false;
  const say = ({ phase, message, done, total }: InstallProgress): string => {
    if (phase === "compile") return `compile${total ? ` ${done}/${total}` : `: ${message}`}`;
    if (done === undefined || !total) return `${phase}: ${message}`;
    return `${phase} ${megabytes(done)} of ${phase === "download" ? "about " : ""}${megabytes(total)}`;
  };
  return {
    show: (progress) => {
      const key = interactive ? say(progress) : progress.phase;
      if (key === last) return;
      last = key;
      if (interactive) write(`\r\x1b[2K${key}`);
      else write(`${progress.phase}: ${progress.message}\n`);
      open = interactive;
    },
    end: () => {
      if (open) write("\n");
      open = false;
    },
  };
}
