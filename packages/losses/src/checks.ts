import type { Tensor } from "@tensorflow/tfjs-core";

/** Throws unless both tensors have one shape: broadcasting targets against predictions is nearly always a mistake. */
export function requireSameShape(nameA: string, a: Tensor, nameB: string, b: Tensor): void {
  if (a.rank !== b.rank || a.shape.some((size, i) => size !== b.shape[i])) {
    throw new RangeError(`${nameA} is [${a.shape}]; expected the shape of ${nameB}, [${b.shape}]`);
  }
}

/** Throws unless the tensor holds floats: an integer one has no gradient and truncates what is mixed into it. */
export function requireFloat(name: string, tensor: Tensor): void {
  if (tensor.dtype !== "float32") throw new TypeError(`${name} is ${tensor.dtype}; expected float32`);
}

/** Throws unless the number is finite and above (or, with `orEqual`, at least) the bound. */
export function requireAbove(name: string, value: number, bound: number, orEqual = false): void {
  const high = orEqual ? value >= bound : value > bound;
  if (!high || !Number.isFinite(value)) {
    throw new RangeError(`${name} is ${value}; expected a finite number ${orEqual ? "of at least" : "above"} ${bound}`);
  }
}
