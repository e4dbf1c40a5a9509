export function requireCount(name: string, count: number): void {
  // Indices are kept as 32-bit integers.
  if (!Number.isInteger(count) || count < 1 || count >= 2 ** 31)
    throw new RangeError(`${name} is ${count}; expected an integer of at least 1`);
}

export function requireLength(name: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new RangeError(`${name} has ${values.length} entries; expected ${length}`);
}

/** Throws unless each is an integer in 0..count − 1. */
export function requireIndices(name: string, indices: ArrayLike<number>, count: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new RangeError(`${name}[${i}] is ${index}; expected an integer in 0..${count - 1}`);
  }
}
