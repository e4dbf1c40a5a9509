// GleanerConv3dFilterGrad: x [n, d, h, w, ci], dy [n, d, h, w, co] -> the slope of the filter of GleanerConv3d, [3, 3, 3, ci, co].
#include <algorithm>
#include <string>
#include <vector>

#include "conv3d.h"
#include "op.h"
#include "pool.h"
#include "product_loops.h"
#include "scratch.h"
#include "winograd.h"

namespace gleaner {
namespace {

// The slope of the output of one strip and slice, transformed.
void TransformSlope(const Volume& v, const Strips& s, const Strip& at, int64_t z, const float* dy, const float* zeros, float* to) {
  for (int64_t row = 0; row < s.RowsOf(at.strip); ++row) {
    const int64_t upper = 2 * (at.strip * s.each + row);
    const float* from = dy + ((at.sample * v.d + z) * v.h + upper) * v.row();
    for (int64_t block = 0; block < v.channels; block += kBlock) {
      const float* rows[2] = {from + block, upper + 1 < v.h ? from + v.row() + block : zeros};
      FastestWinogradLoops().slope(rows, v.w, v.channels, s.across, v.channels * s.tiles, to + block * s.tiles + row * s.across * kBlock);
    }
  }
}

// Adds what one strip has of the sums [16][3][inputs][outputs].
void AddStrip(const Volume& v, const Volume& up, const Strips& s, const Strip& at, const float* x, const float* dy, float* sums) {
  thread_local Scratch memory;
  const int64_t zeros = RoundUp(up.row(), 16), area = v.channels * up.channels;
  float* slope = memory.Get(zeros + s.SliceSize(up.channels) + Window::Size(v, s)) + zeros;
  std::fill_n(slope - zeros, zeros, 0.f);
  Window window(v, s, at, x, slope + s.SliceSize(up.channels));
  for (int64_t z = at.first; z < at.end; ++z) {
    const float* slices[3];
    window.MoveTo(z, slices);
    TransformSlope(up, s, at, z, dy, slope - zeros, slope);
    for (int64_t p = 0; p < kPositions; ++p) {
      for (int64_t k = 0; k < 3; ++k) {
        if (slices[k] == nullptr) continue;
        FastestProductLoops().collect(slices[k] + p * v.room() * s.tiles, slope + p * up.channels * s.tiles, v.channels, up.channels, s.tiles,
                                      s.RowsOf(at.strip) * s.across, sums + (p * 3 + k) * area);
      }
    }
  }
}

// The sums of all parts, in their order, and back to a filter.
void Finish(const float* parts, int64_t count, int64_t inputs, int64_t outputs, float* filter) {
  const int64_t area = inputs * outputs, size = kPositions * 3 * area, some = 8;
  Pool::Get().Run(3 * inputs / some, [&](int64_t job) {
    thread_local Scratch memory;
    float* all = memory.Get(kPositions * outputs);
    for (int64_t i = job * some; i < (job + 1) * some; ++i) {
      const int64_t slice = i / inputs, input = i % inputs;
      for (int64_t p = 0; p < kPositions; ++p) {
        const float* from = parts + (p * 3 + slice) * area + input * outputs;
        float* to = all + p * outputs;
        std::copy_n(from, outputs, to);
        for (int64_t part = 1; part < count; ++part) {
          from += size;
          for (int64_t c = 0; c < outputs; ++c) to[c] += from[c];
        }
      }
      FastestWinogradLoops().filter_slope(all, outputs, outputs, area, filter + slice * 9 * area + input * outputs);
    }
  });
}

class Conv3dFilterGrad {
 public:
  explicit Conv3dFilterGrad(Construction&) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0), dy = call.Input(1);
    if (!call.ok()) return;
    if (x.rank() != 5 || dy.rank() != 5) return call.Fail("x and dy need rank 5; they have " + std::to_string(x.rank()) + " and " + std::to_string(dy.rank()));
    const Volume v{x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(4)}, up{v.n, v.d, v.h, v.w, dy.dim(4)};
    if (dy.size() * v.channels != x.size() * up.channels) return call.Fail("dy does not fit x");
    if ((v.channels != 8 && v.channels % kBlock != 0) || up.channels % kBlock != 0) {
      return call.Fail(std::to_string(v.channels) + " and " + std::to_string(up.channels) + " channels where multiples of 16 are needed");
    }
    const Tensor filter = call.Output(0, {3, 3, 3, v.channels, up.channels});
    if (!call.ok() || filter.size() == 0) return;
    if (x.size() == 0) return void(std::fill_n(filter.data(), filter.size(), 0.f));
    // Sums of their own for each of some jobs, of which there are as many on every machine, so that the result does not depend on the threads.
    const int64_t size = kPositions * 3 * v.channels * up.channels;
    const int64_t wanted = std::max<int64_t>(4, std::min<int64_t>(16, (int64_t{1} << 19) / size));
    const Strips s(v, wanted);
    const int64_t jobs = std::min(s.all(v), wanted);
    thread_local Scratch memory;
    float* parts = memory.Get(jobs * size);
    Pool::Get().Run(jobs, [&](int64_t job) {
      float* sums = parts + job * size;
      std::fill_n(sums, size, 0.f);
      for (int64_t i = job * s.all(v) / jobs; i < (job + 1) * s.all(v) / jobs; ++i) AddStrip(v, up, s, Strip(v, s, i), x.data(), dy.data(), sums);
    });
    Finish(parts, jobs, v.channels, up.channels, filter.data());
  }
};

}  // namespace

void RegisterConv3dFilterGrad() {
  Register<Conv3dFilterGrad>("GleanerConv3dFilterGrad", {"x: float", "dy: float"}, {"filter: float"}, {});
}

}  // namespace gleaner
