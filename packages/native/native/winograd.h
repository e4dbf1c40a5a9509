// How a convolution of 3 x 3 x 3 voxels splits: along z it is direct, over y and x it goes by Winograd's tiles. Padding keeps the extents.
#pragma once
#include <algorithm>
#include <cstdint>

#include "winograd_loops.h"

namespace gleaner {

inline int64_t RoundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// [n, d, h, w, channels], channels a multiple of 16, or 8, which take the room of 16.
struct Volume {
  int64_t n, d, h, w, channels;
  int64_t room() const { return RoundUp(channels, kBlock); }
  int64_t row() const { return w * channels; }
  int64_t slice() const { return h * row(); }
};

// Rows of tiles in strips of some 16 tiles, which a thread follows along z; a strip may be cut into several depths.
struct Strips {
  int64_t across, rows, each, count, tiles, depth, depths;

  // At least about `wanted` strips in a batch, if there is so much.
  Strips(const Volume& v, int64_t wanted) : across((v.w + 1) / 2), rows((v.h + 1) / 2) {
    each = std::min(rows, std::max<int64_t>(1, 16 / across));
    count = (rows + each - 1) / each;
    tiles = RoundUp(each * across, kTiles);
    const int64_t cuts = std::max<int64_t>(1, std::min(v.d / 2, wanted / (v.n * count)));
    depth = (v.d + cuts - 1) / cuts;
    depths = (v.d + depth - 1) / depth;
  }
  int64_t all(const Volume& v) const { return v.n * depths * count; }
  int64_t RowsOf(int64_t strip) const { return std::min(each, rows - strip * each); }
  int64_t SliceSize(int64_t channels) const { return kPositions * channels * tiles; }
};

// One strip of one sample between two depths.
struct Strip {
  int64_t sample, first, end, strip;
  Strip(const Volume& v, const Strips& s, int64_t i) : sample(i / s.count / s.depths), strip(i % s.count) {
    first = i / s.count % s.depths * s.depth;
    end = std::min(v.d, first + s.depth);
  }
};

// The transformed slices of a strip around one that moves along z.
class Window {
 public:
  Window(const Volume& v, const Strips& s, const Strip& at, const float* x, float* memory)
      : v_(v), s_(s), at_(at), sample_(x + at.sample * v.d * v.slice()), zeros_(memory), slices_(memory + RoundUp(v.row(), 16)) {
    std::fill_n(zeros_, v.row(), 0.f);
    next_ = std::max<int64_t>(0, at.first - 1);
  }
  static int64_t Size(const Volume& v, const Strips& s) { return RoundUp(v.row(), 16) + 3 * s.SliceSize(v.room()); }

  // Slices z - 1, z and z + 1; null beyond the volume. To be called with z from the strip's first on, in order.
  void MoveTo(int64_t z, const float** slices) {
    for (int64_t k = 0; k < 3; ++k) {
      const int64_t from = z + k - 1;
      slices[k] = nullptr;
      if (from < 0 || from >= v_.d) continue;
      float* slice = slices_ + from % 3 * s_.SliceSize(v_.room());
      if (from >= next_) {
        Transform(sample_ + from * v_.slice(), slice);
        next_ = from + 1;
      }
      slices[k] = slice;
    }
  }

 private:
  void Transform(const float* from, float* to) const {
    const WinogradLoops& loops = FastestWinogradLoops();
    for (int64_t row = 0; row < s_.RowsOf(at_.strip); ++row) {
      const int64_t y = 2 * (at_.strip * s_.each + row) - 1;
      for (int64_t block = 0; block < v_.channels; block += kBlock) {
        const float* rows[4];
        for (int64_t k = 0; k < 4; ++k) rows[k] = (y + k < 0 || y + k >= v_.h ? zeros_ : from + (y + k) * v_.row()) + block;
        loops.input(rows, v_.w, v_.channels, s_.across, v_.room() * s_.tiles, to + block * s_.tiles + row * s_.across * kBlock);
      }
    }
  }

  const Volume& v_;
  const Strips& s_;
  const Strip& at_;
  const float* sample_;
  float *zeros_, *slices_;
  int64_t next_;
};

}  // namespace gleaner
