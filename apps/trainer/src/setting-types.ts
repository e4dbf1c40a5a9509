import { z } from "zod";

// The kinds of settings. The message of every one says all that is expected of it, whatever is wrong; it goes on after "expected".

/** A number from `low` to `high`. */
export const number = (low: number, high: number = Number.POSITIVE_INFINITY): z.ZodNumber => {
  const error = high === Number.POSITIVE_INFINITY ? `a number of at least ${low}` : `a number from ${low} to ${high}`;
  return z.number({ error }).min(low, { error }).max(high, { error });
};
export const positive = (high: number): z.ZodNumber => {
  const error = `a number above 0, up to ${high}`;
  return z.number({ error }).gt(0, { error }).max(high, { error });
};
export const whole = (low: number, high: number = Number.MAX_SAFE_INTEGER): z.ZodInt => {
  const error = high === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${low}` : `a whole number from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
};
export const fraction: z.ZodNumber = number(0, 1);
export const flag: z.ZodBoolean = z.boolean({ error: "true or false" });
export const path: z.ZodString = z.string({ error: "a path" }).min(1, { error: "a path" });
export const oneOf = <const T extends readonly string[]>(...names: T): z.ZodEnum<{ [K in T[number]]: K }> =>
  z.enum(names, { error: names.join(" or ") });
export const section = <T extends z.ZodRawShape>(shape: T, error = "a group of settings") => z.strictObject(shape, { error });

/** Every layer of a network draws from its own multiple of the seed. */
export const maxSeed: number = 2 ** 32 - 1;

/** What a default is for, and what is transformed. */
const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema instanceof z.ZodPipe
      ? unwrapped(schema.in)
      : schema;

/** The names of the settings at a place of a schema. */
export function settingsIn(root: z.ZodType, place: readonly PropertyKey[]): string[] {
  let schema: unknown = root;
  for (const key of place) {
    const inner = unwrapped(schema);
    schema = inner instanceof z.ZodArray ? inner.element : inner instanceof z.ZodObject ? inner.shape[key as string] : undefined;
  }
  const found = unwrapped(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}
