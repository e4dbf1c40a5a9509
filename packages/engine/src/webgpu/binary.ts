import { backend_util } from "@tensorflow/tfjs-core";
import { largestVector, type Repair, sizeOf, view } from "./kernel.js";

/**
 * An operator of two tensors, of which one has rank 5 or 6 and the other is one number for each channel.
 *
 * The stock shader indexes a structure there, does not compile, and leaves zeros. All axes but the last are counted as one for it.
 */
export const binaryByChannel =
  (first: string, second: string): Repair =>
  (stock, inputs, attributes) => {
    const [a, b] = [inputs[first]!, inputs[second]!];
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    if (shape.length <= largestVector || Math.min(a.shape.length, b.shape.length) !== 1) return stock(inputs, attributes);
    const flat = (tensor: typeof a): typeof a => {
      const channels = tensor.shape.at(-1)!;
      return tensor.shape.length === 1 ? tensor : view(tensor, [sizeOf(tensor.shape.slice(0, -1)), channels]);
    };
    return view(stock({ ...inputs, [first]: flat(a), [second]: flat(b) }, attributes), shape);
  };
