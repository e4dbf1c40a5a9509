/** Three numbers in the order of the axes: [z, y, x]. */
export type Triple = readonly [number, number, number];

/** Throws unless every number is an integer ≥ 1. */
export function requireShape(name: string, shape: readonly number[]): void {
  if (shape.length !== 3 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new RangeError(`${name} is [${shape}]; expected three integers of at least 1, [z, y, x]`);
  }
}
