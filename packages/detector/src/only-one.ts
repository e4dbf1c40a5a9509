/** tfjs-layers hands a layer its input bare or as a list of one; a shape is told from a list of shapes by its first entry. */
export function onlyOne<T>(inputs: T | T[]): T {
  if (!Array.isArray(inputs) || inputs[0] === null || typeof inputs[0] === "number") return inputs as T;
  if (inputs.length !== 1) throw new RangeError(`a layer of one input was given ${inputs.length}`);
  return inputs[0]!;
}
