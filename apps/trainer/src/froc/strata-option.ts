import { z } from "zod";
import { realNumber } from "../options.js";

/** How findings are put into groups: by bands of diameter, or by the values of a column of the annotations. */
export type StrataRequest = { edgesMm: number[] } | { column: string };

const edge = realNumber(0, Number.MAX_VALUE);
const rises = (edges: readonly number[]): boolean => edges.every((value, i) => value > (edges[i - 1] ?? 0));

function parse(text: string): StrataRequest {
  if (text === "diameter") return { edgesMm: [6, 10] };
  if (!text.startsWith("diameter:")) return { column: text };
  const edges = text.slice("diameter:".length).split(",");
  return { edgesMm: edges.map((part) => edge.safeParse(part).data ?? Number.NaN) };
}

/** The text of `--by`. */
export const strataOption: z.ZodType<StrataRequest, string> = z
  .string()
  .transform(parse)
  .refine(
    (request) => ("column" in request ? request.column !== "" : rises(request.edgesMm)),
    "diameter, diameter: with rising edges above 0 mm (diameter:6,10), or a column of the annotations",
  );
