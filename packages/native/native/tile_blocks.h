// How convolutions lay out tiles: channels in blocks of 16, as [position][block][tile][16].
#pragma once
#include <cstdint>

namespace gleaner {

constexpr int64_t kBlock = 16;
// Tiles come in multiples of this.
constexpr int64_t kTiles = 4;

}  // namespace gleaner
