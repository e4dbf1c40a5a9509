import * as tf from "@tensorflow/tfjs-core";
import { registerOperator } from "./operator.js";

/**
 * Operators on whole numbers that TensorFlow has and tfjs-node does not register: `tf.searchSorted` (`tf.lowerBound`, `tf.upperBound`),
 * `tf.denseBincount` and `tf.bitwiseAnd`. They have no gradients anywhere.
 */
export function registerIntegerOperators(): void {
  registerOperator("SearchSorted", ({ inputs, attrs, attribute, runOne }) => {
    const { sortedSequence, values } = inputs as Record<"sortedSequence" | "values", tf.TensorInfo>;
    const op = attrs["side"] === "right" ? "UpperBound" : "LowerBound";
    return runOne(op, [sortedSequence, values], [attribute.type("T", values.dtype), attribute.type("out_type", "int32")]);
  });

  registerOperator("DenseBincount", ({ inputs, attrs, attribute, runOne }) => {
    const { x, weights } = inputs as Record<"x" | "weights", tf.TensorInfo>;
    const size = tf.scalar(attrs["size"] as number, "int32");
    try {
      return runOne(
        "DenseBincount",
        [x, size, weights],
        [
          attribute.type("Tidx", "int32"),
          attribute.type("T", weights.dtype),
          attribute.bool("binary_output", (attrs["binaryOutput"] as boolean | undefined) ?? false),
        ],
      );
    } finally {
      size.dispose();
    }
  });

  registerOperator("BitwiseAnd", ({ inputs, attribute, runOne }) =>
    runOne("BitwiseAnd", [inputs["a"]!, inputs["b"]!], [attribute.type("T", "int32")]),
  );
}
