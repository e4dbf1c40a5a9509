import { expect } from "vitest";

/** Half a unit of the last digit written, so that `0.333` accepts 1/3 and `3` accepts only 3. */
function tolerance(written: string): number {
  const [mantissa, exponent] = written.toLowerCase().split("e");
  const digits = mantissa!.split(".")[1]?.length ?? 0;
  return digits === 0 ? 1e-9 : 0.5000001 * 10 ** (Number(exponent ?? 0) - digits);
}

const plain = (value: unknown): unknown => {
  if (value !== null && typeof value === "object") {
    if ("arraySync" in value && typeof value.arraySync === "function") return value.arraySync();
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
    if (Array.isArray(value)) return value.map(plain);
    if (value instanceof Map || value instanceof Set || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
  }
  return value;
};

/** Replaces each number of the expected value by a matcher with the tolerance that its digits say. */
function withTolerances(source: string): unknown {
  const tokens = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w$.])-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w$])/gi, (token) =>
    token.startsWith('"') || token.startsWith("'") ? token : `__near(${token}, ${tolerance(token)})`,
  );
  const near = (value: number, within: number): unknown => ({
    asymmetricMatch: (actual: unknown) => typeof actual === "number" && (Object.is(actual, value) || Math.abs(actual - value) <= within),
    toString: () => `about ${value}`,
    toAsymmetricMatcher: () => `about ${value}`,
  });
  // The text is this repository's own documentation, read by its own tests.
  return new Function("__near", `return (${tokens.startsWith("{") ? `(${tokens})` : tokens});`)(near);
}

/** Asserts that a documented value is what the example gives; a value that is no expression is compared as text. */
export async function checkExample(actual: unknown, written: string): Promise<void> {
  let expected: unknown;
  try {
    expected = withTolerances(written);
  } catch {
    expected = written;
  }
  const value = plain(await actual);
  if (typeof expected === "string" && typeof value !== "string") expect(String(value)).toBe(expected);
  else expect(value).toEqual(expected);
}
