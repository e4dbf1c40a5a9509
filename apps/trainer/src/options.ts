import { z } from "zod";
import { inputError } from "./errors.js";

// Options come from the command line as text; these schemas turn them into values. Their messages go on after "expected".

const numeric = (text: string): number => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN);
const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;
const range = (low: number, high: number): string =>
  high === Number.POSITIVE_INFINITY || high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`;

/** A whole number within bounds. */
export const wholeNumber = (low = 0, high: number = Number.MAX_SAFE_INTEGER): z.ZodType<number, string> =>
  z
    .string()
    .transform(numeric)
    .refine((value) => Number.isInteger(value) && within(value, low, high), `a whole number ${range(low, high)}`);

/** A number within bounds. */
export const realNumber = (low: number, high: number = Number.POSITIVE_INFINITY): z.ZodType<number, string> =>
  z
    .string()
    .transform(numeric)
    .refine((value) => within(value, low, high), `a number ${range(low, high)}`);

export type Triple = [number, number, number];

const triple = (expectation: string, fits: (value: number) => boolean): z.ZodType<Triple, string> =>
  z
    .string()
    .transform((text) => text.split(",").map(numeric))
    .refine((values) => values.length === 3 && values.every(fits), expectation) as unknown as z.ZodType<Triple, string>;

/** Three whole numbers `z,y,x` within bounds. */
export const wholeTriple = (low: number, high: number): z.ZodType<Triple, string> =>
  triple(`three whole numbers z,y,x ${range(low, high)}`, (value) => Number.isInteger(value) && within(value, low, high));

/** Three numbers `z,y,x` within bounds. */
export const realTriple = (low: number, high: number): z.ZodType<Triple, string> =>
  triple(`three numbers z,y,x ${range(low, high)}`, (value) => within(value, low, high));

/** Reads one option; throws an InputError that names the option, its text and what was expected. */
export function readOption<T>(name: string, schema: z.ZodType<T, string>, text: string): T {
  const result = schema.safeParse(text);
  if (!result.success) throw inputError(`${name} is ${JSON.stringify(text)}; expected ${result.error.issues[0]!.message}`);
  return result.data;
}
