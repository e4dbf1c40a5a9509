// The transforms of Winograd's minimal filtering F(2 x 2, 3 x 3): 2 x 2 outputs of a filter of 3 x 3 take 16 products instead of 36, those of its
// gradient too (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016). winograd_loops.cc is compiled once for each
// instruction set.
#pragma once
#include <cstdint>

#include "loops.h"
#include "tile_blocks.h"

namespace gleaner {

// A tile is 2 x 2 voxels of the output and 4 x 4 of the input, and has this many positions when it is transformed.
constexpr int64_t kPositions = 16;

// `position` is the distance between positions, `tap` that between the values of a filter, `channels` that between voxels.
struct WinogradLoops {
  // A row of tiles, one block of channels: B' d B of four rows of voxels, each `width` long with 0 beside it.
  void (*input)(const float* const* rows, int64_t width, int64_t channels, int64_t tiles, int64_t position, float* out);
  // The same of the slope of the output, two rows of voxels: A d A'.
  void (*slope)(const float* const* rows, int64_t width, int64_t channels, int64_t tiles, int64_t position, float* out);
  // The way back, A' m A, into two rows of voxels; the second may be null.
  void (*output)(const float* in, int64_t position, int64_t width, int64_t channels, int64_t tiles, float* const* rows);
  // n filters (a multiple of 16): G g G'.
  void (*filter)(const float* taps, int64_t tap, int64_t n, int64_t position, float* out);
  // The way back of their slopes: G' m G.
  void (*filter_slope)(const float* in, int64_t position, int64_t n, int64_t tap, float* taps);
};

GLEANER_DECLARE_TABLES(WinogradLoops, kWinogradLoops)

inline const WinogradLoops& FastestWinogradLoops() { return GLEANER_FASTEST(kWinogradLoops); }

}  // namespace gleaner
