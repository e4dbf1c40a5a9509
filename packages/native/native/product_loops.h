// Products of blocks of channels (tile_blocks.h) with matrices. product_loops.cc is compiled once for each instruction set.
#pragma once
#include <cstdint>

#include "loops.h"
#include "tile_blocks.h"

namespace gleaner {

struct ProductLoops {
  // y = the sum over three slices (null ones count as 0) of x times w [3][inputs][outputs].
  void (*multiply)(const float* const* x, const float* w, int64_t inputs, int64_t outputs, int64_t tiles, float* y);
  // sums [inputs][outputs] += x' d over the first `used` of the tiles.
  void (*collect)(const float* x, const float* d, int64_t inputs, int64_t outputs, int64_t tiles, int64_t used, float* sums);
};

GLEANER_DECLARE_TABLES(ProductLoops, kProductLoops)

inline const ProductLoops& FastestProductLoops() { return GLEANER_FASTEST(kProductLoops); }

}  // namespace gleaner
