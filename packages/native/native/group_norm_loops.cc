#include "group_norm_loops.h"

#ifndef GLEANER_LOOPS
#define GLEANER_LOOPS kGroupNormLoopsBaseline
#endif

namespace gleaner {
namespace {

// Width is the number of channels where it is known at compile time, so that the sums stay in registers; 0 stands for any.
template <int Width, bool Relu>
void Moments(const float* __restrict x, const float* __restrict shift, int64_t rows, int64_t channels, float* __restrict first,
             float* __restrict second) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width) {
    for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - shift[c];
      first[c] += d;
      second[c] += d * d;
    }
  }
}

template <int Width, bool Relu>
void Normalize(const float* __restrict x, const float* __restrict mean, const float* __restrict scale, const float* __restrict beta, int64_t rows,
               int64_t channels, float* __restrict y) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
    for (int64_t c = 0; c < width; ++c) {
      const float z = (x[c] - mean[c]) * scale[c] + beta[c];
      // Written so that NaN passes, as it does in TensorFlow's Relu.
      y[c] = Relu ? (z < 0.f ? 0.f : z) : z;
    }
  }
}

template <int Width, bool Relu>
void GradientMoments(const float* __restrict dy, const float* __restrict x, const float* __restrict mean, const float* __restrict scale,
                     const float* __restrict beta, int64_t rows, int64_t channels, float* __restrict first, float* __restrict second) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, dy += width) {
    for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - mean[c];
      const float e = !Relu || d * scale[c] + beta[c] > 0.f ? dy[c] : 0.f;
      first[c] += e;
      second[c] += e * d;
    }
  }
}

template <int Width, bool Relu>
void Gradient(const float* __restrict dy, const float* __restrict x, const float* __restrict mean, const float* __restrict scale,
              const float* __restrict beta, const float* __restrict slope, const float* __restrict offset, int64_t rows, int64_t channels,
              float* __restrict dx) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, dy += width, dx += width) {
    for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - mean[c];
      const float e = !Relu || d * scale[c] + beta[c] > 0.f ? dy[c] : 0.f;
      dx[c] = e * scale[c] + d * slope[c] + offset[c];
    }
  }
}

// Picks the instance for the widths that networks have.
#define GLEANER_PICK(Loop, relu, channels, ...)          \
  switch (channels) {                                    \
    case 8: return Loop<8, relu>(__VA_ARGS__);           \
    case 16: return Loop<16, relu>(__VA_ARGS__);         \
    case 32: return Loop<32, relu>(__VA_ARGS__);         \
    case 64: return Loop<64, relu>(__VA_ARGS__);         \
    default: return Loop<0, relu>(__VA_ARGS__);          \
  }

void PickMoments(const float* x, const float* shift, int64_t rows, int64_t channels, float* first, float* second) {
  GLEANER_PICK(Moments, false, channels, x, shift, rows, channels, first, second)
}
void PickNormalise(const float* x, const float* mean, const float* scale, const float* beta, bool relu, int64_t rows, int64_t channels, float* y) {
  if (relu) GLEANER_PICK(Normalize, true, channels, x, mean, scale, beta, rows, channels, y)
  GLEANER_PICK(Normalize, false, channels, x, mean, scale, beta, rows, channels, y)
}
void PickGradientMoments(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, bool relu, int64_t rows,
                         int64_t channels, float* first, float* second) {
  if (relu) GLEANER_PICK(GradientMoments, true, channels, dy, x, mean, scale, beta, rows, channels, first, second)
  GLEANER_PICK(GradientMoments, false, channels, dy, x, mean, scale, beta, rows, channels, first, second)
}
void PickGradient(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, const float* slope, const float* offset,
                  bool relu, int64_t rows, int64_t channels, float* dx) {
  if (relu) GLEANER_PICK(Gradient, true, channels, dy, x, mean, scale, beta, slope, offset, rows, channels, dx)
  GLEANER_PICK(Gradient, false, channels, dy, x, mean, scale, beta, slope, offset, rows, channels, dx)
}

}  // namespace

extern const GroupNormLoops GLEANER_LOOPS;
const GroupNormLoops GLEANER_LOOPS = {PickMoments, PickNormalise, PickGradientMoments, PickGradient};

}  // namespace gleaner
