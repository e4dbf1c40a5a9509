// Convolutions of 3 x 3 x 3 voxels at stride 1 with padding that keeps the extents, for channels in multiples of 16; 8 may come in.
//   GleanerConv3d           x [n, d, h, w, ci], filter [3, 3, 3, ci, co]  -> y [n, d, h, w, co]
//   GleanerConv3dInputGrad  dy [n, d, h, w, co], filter                   -> dx [n, d, h, w, ci]: the same with the filter turned around
#include "conv3d.h"

#include <string>
#include <vector>

#include "op.h"
#include "pool.h"
#include "product_loops.h"
#include "scratch.h"
#include "winograd.h"

namespace gleaner {
namespace {

// The filter transformed, [16][3][inputs][outputs]; turned around, inputs and outputs change places.
void TransformFilter(const float* filter, int64_t inputs, int64_t outputs, bool turned, float* to) {
  const WinogradLoops& loops = FastestWinogradLoops();
  const int64_t area = inputs * outputs;
  const int64_t some = 8;
  Pool::Get().Run(3 * inputs / some, [&](int64_t job) {
    thread_local Scratch memory;
    float* taps = turned ? memory.Get(9 * outputs) : nullptr;
    for (int64_t i = job * some; i < (job + 1) * some; ++i) {
      const int64_t slice = i / inputs, input = i % inputs;
      float* out = to + slice * area + input * outputs;
      if (!turned) {
        loops.filter(filter + slice * 9 * area + input * outputs, area, outputs, 3 * area, out);
        continue;
      }
      for (int64_t tap = 0; tap < 9; ++tap) {
        const float* from = filter + ((2 - slice) * 9 + 8 - tap) * area + input;
        for (int64_t c = 0; c < outputs; ++c) taps[tap * outputs + c] = from[c * inputs];
      }
      loops.filter(taps, outputs, outputs, 3 * area, out);
    }
  });
}

void Convolve(const Volume& v, const float* x, const float* filter, int64_t outputs, float* y) {
  const Strips s(v, 16);
  Pool::Get().Run(s.all(v), [&](int64_t job) {
    const WinogradLoops& loops = FastestWinogradLoops();
    const Strip at(v, s, job);
    thread_local Scratch memory;
    float* products = memory.Get(s.SliceSize(outputs) + Window::Size(v, s));
    Window window(v, s, at, x, products + s.SliceSize(outputs));
    const int64_t in = v.room() * s.tiles, out = outputs * s.tiles;
    for (int64_t z = at.first; z < at.end; ++z) {
      const float* slices[3];
      window.MoveTo(z, slices);
      for (int64_t p = 0; p < kPositions; ++p) {
        const float* here[3];
        for (int k = 0; k < 3; ++k) here[k] = slices[k] == nullptr ? nullptr : slices[k] + p * in;
        FastestProductLoops().multiply(here, filter + p * 3 * v.channels * outputs, v.channels, outputs, s.tiles, products + p * out);
      }
      for (int64_t row = 0; row < s.RowsOf(at.strip); ++row) {
        const int64_t upper = 2 * (at.strip * s.each + row);
        float* to = y + ((at.sample * v.d + z) * v.h + upper) * v.w * outputs;
        for (int64_t block = 0; block < outputs; block += kBlock) {
          float* rows[2] = {to + block, upper + 1 < v.h ? to + v.w * outputs + block : nullptr};
          loops.output(products + block * s.tiles + row * s.across * kBlock, out, v.w, outputs, s.across, rows);
        }
      }
    }
  });
}

template <bool kTurned>
class Conv3d {
 public:
  explicit Conv3d(Construction&) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0), filter = call.Input(1);
    if (!call.ok()) return;
    if (x.rank() != 5 || filter.rank() != 5) return call.Fail("x and filter need rank 5; they have " + std::to_string(x.rank()) + " and " + std::to_string(filter.rank()));
    const Volume v{x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(4)};
    const int64_t inputs = filter.dim(kTurned ? 4 : 3), outputs = filter.dim(kTurned ? 3 : 4);
    if (filter.size() != 27 * inputs * outputs || filter.dim(0) != 3 || filter.dim(1) != 3) return call.Fail("the filter needs 3 x 3 x 3 voxels");
    if (inputs != v.channels || (inputs != 8 && inputs % kBlock != 0) || outputs % kBlock != 0) {
      return call.Fail(std::to_string(inputs) + " and " + std::to_string(outputs) + " channels where multiples of 16 are needed, and x has " + std::to_string(v.channels));
    }
    const Tensor y = call.Output(0, {v.n, v.d, v.h, v.w, outputs});
    if (!call.ok() || y.size() == 0) return;
    thread_local Scratch memory;
    float* transformed = memory.Get(kPositions * 3 * inputs * outputs);
    TransformFilter(filter.data(), inputs, outputs, kTurned, transformed);
    Convolve(v, x.data(), transformed, outputs, y.data());
  }
};

}  // namespace

void RegisterConv3d() {
  Register<Conv3d<false>>("GleanerConv3d", {"x: float", "filter: float"}, {"y: float"}, {});
  Register<Conv3d<true>>("GleanerConv3dInputGrad", {"dy: float", "filter: float"}, {"dx: float"}, {});
}

}  // namespace gleaner
