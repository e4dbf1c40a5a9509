import { largestVector, type Repair, sizeOf, view } from "./kernel.js";

/** `where` at rank 5 and more, which the stock kernel refuses: element by element, or one condition for each entry of the first axis. */
export const selection: Repair = (stock, inputs, attributes) => {
  const { condition, t, e } = inputs as Record<"condition" | "t" | "e", typeof inputs.t & object>;
  if (t.shape.length <= largestVector) return stock(inputs, attributes);
  const rows = condition.shape.length === 1 ? [t.shape[0]!, sizeOf(t.shape.slice(1))] : [sizeOf(t.shape)];
  const flat = { condition: view(condition, rows.slice(0, 1)), t: view(t, rows), e: view(e, rows) };
  return view(stock(flat, attributes), t.shape);
};
