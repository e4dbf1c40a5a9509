// What moves between a volume and one of half its extents, where each voxel of the small one stands for a block of 2 x 2 x 2.
//   GleanerUpsampleNearest3d      x [n, d, h, w, c] -> [n, 2d, 2h, 2w, c], each voxel eight times
//   GleanerUpsampleNearest3dGrad  dy [n, 2d, 2h, 2w, c] -> [n, d, h, w, c], the sums of the blocks
//   GleanerBlocksToChannels       x [n, 2d, 2h, 2w, c] -> [n, d, h, w, 8c], the voxel of a block slower than its channel
//   GleanerChannelsToBlocks       x [n, d, h, w, 8c] -> [n, 2d, 2h, 2w, c], the inverse
#include "voxel_blocks.h"

#include <cstring>
#include <string>
#include <vector>

#include "op.h"
#include "pool.h"

namespace gleaner {
namespace {

// The rows along x of the small volume, and where each starts in both. A row of blocks has four rows of voxels in the large one.
struct Rows {
  int64_t n, d, h, w, c;
  int64_t count() const { return n * d * h; }
  int64_t width() const { return 2 * w * c; }
  // In the large volume, for dz and dy of 0 or 1.
  int64_t Large(int64_t row, int64_t dz, int64_t dy) const {
    const int64_t y = row % h, slice = row / h;
    return (((2 * slice + dz) * 2 * h) + 2 * y + dy) * width();
  }
  std::vector<int64_t> LargeShape() const { return {n, 2 * d, 2 * h, 2 * w, c}; }

  template <class Body>
  void ForEach(const Body& body) const {
    // Some rows together, about 64 kB.
    const int64_t some = 1 + 4096 / (1 + 2 * width());
    Pool::Get().Run((count() + some - 1) / some, [&](int64_t job) {
      for (int64_t row = job * some; row < std::min(count(), (job + 1) * some); ++row) body(row);
    });
  }
};

bool HasRank5(Call& call, const Tensor& x) {
  if (call.ok() && x.rank() != 5) call.Fail("x has rank " + std::to_string(x.rank()) + " where 5 is needed");
  return call.ok();
}

bool FromSmall(Call& call, const Tensor& x, int64_t channels_each, Rows* rows) {
  if (!HasRank5(call, x)) return false;
  if (x.dim(4) % channels_each != 0) call.Fail(std::to_string(x.dim(4)) + " channels are no multiple of 8");
  *rows = {x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(4) / channels_each};
  return call.ok();
}

bool FromLarge(Call& call, const Tensor& x, Rows* rows) {
  if (!HasRank5(call, x)) return false;
  for (int axis = 1; axis < 4; ++axis) {
    if (x.dim(axis) % 2 != 0) call.Fail("axis " + std::to_string(axis) + " has " + std::to_string(x.dim(axis)) + " voxels where an even number is needed");
  }
  *rows = {x.dim(0), x.dim(1) / 2, x.dim(2) / 2, x.dim(3) / 2, x.dim(4)};
  return call.ok();
}

class Upsample {
 public:
  explicit Upsample(Construction&) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0);
    Rows rows;
    if (!FromSmall(call, x, 1, &rows)) return;
    const Tensor y = call.Output(0, rows.LargeShape());
    if (!call.ok()) return;
    const int64_t c = rows.c;
    rows.ForEach([&](int64_t row) {
      const float* in = x.data() + row * rows.w * c;
      float* first = y.data() + rows.Large(row, 0, 0);
      for (int64_t i = 0; i < rows.w; ++i) {
        for (int64_t k = 0; k < c; ++k) first[2 * i * c + k] = first[(2 * i + 1) * c + k] = in[i * c + k];
      }
      for (int64_t part = 1; part < 4; ++part) std::memcpy(y.data() + rows.Large(row, part >> 1, part & 1), first, rows.width() * sizeof(float));
    });
  }
};

class UpsampleGrad {
 public:
  explicit UpsampleGrad(Construction&) {}

  void Compute(Call& call) const {
    const Tensor dy = call.Input(0);
    Rows rows;
    if (!FromLarge(call, dy, &rows)) return;
    const Tensor dx = call.Output(0, {rows.n, rows.d, rows.h, rows.w, rows.c});
    if (!call.ok()) return;
    const int64_t c = rows.c;
    rows.ForEach([&](int64_t row) {
      const float* a = dy.data() + rows.Large(row, 0, 0);
      const float* b = dy.data() + rows.Large(row, 0, 1);
      const float* e = dy.data() + rows.Large(row, 1, 0);
      const float* f = dy.data() + rows.Large(row, 1, 1);
      float* out = dx.data() + row * rows.w * c;
      for (int64_t i = 0; i < rows.w; ++i) {
        for (int64_t k = 0; k < c; ++k) {
          const int64_t left = 2 * i * c + k, right = left + c;
          out[i * c + k] = ((a[left] + a[right]) + (b[left] + b[right])) + ((e[left] + e[right]) + (f[left] + f[right]));
        }
      }
    });
  }
};

// Two voxels side by side are neighbors in both orders, so pairs are what moves.
inline void CopyPair(const float* from, int64_t pair, float* to) {
  if (pair == 2) {
    std::memcpy(to, from, 2 * sizeof(float));
  } else {
    std::memcpy(to, from, pair * sizeof(float));
  }
}

template <bool kToChannels>
class Rearrange {
 public:
  explicit Rearrange(Construction&) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0);
    Rows rows;
    if (!(kToChannels ? FromLarge(call, x, &rows) : FromSmall(call, x, 8, &rows))) return;
    const Tensor y = call.Output(0, kToChannels ? std::vector<int64_t>{rows.n, rows.d, rows.h, rows.w, 8 * rows.c} : rows.LargeShape());
    if (!call.ok()) return;
    const int64_t pair = 2 * rows.c;
    rows.ForEach([&](int64_t row) {
      const int64_t small = row * rows.w * 4 * pair;
      for (int64_t part = 0; part < 4; ++part) {
        const int64_t large = rows.Large(row, part >> 1, part & 1);
        const float* from = x.data() + (kToChannels ? large : small + part * pair);
        float* to = y.data() + (kToChannels ? small + part * pair : large);
        const int64_t step_from = kToChannels ? pair : 4 * pair, step_to = kToChannels ? 4 * pair : pair;
        for (int64_t i = 0; i < rows.w; ++i, from += step_from, to += step_to) CopyPair(from, pair, to);
      }
    });
  }
};

}  // namespace

void RegisterVoxelBlocks() {
  Register<Upsample>("GleanerUpsampleNearest3d", {"x: float"}, {"y: float"}, {});
  Register<UpsampleGrad>("GleanerUpsampleNearest3dGrad", {"dy: float"}, {"dx: float"}, {});
  Register<Rearrange<true>>("GleanerBlocksToChannels", {"x: float"}, {"y: float"}, {});
  Register<Rearrange<false>>("GleanerChannelsToBlocks", {"x: float"}, {"y: float"}, {});
}

}  // namespace gleaner
