#include "norm_loops.h"

namespace gleaner {
namespace {

enum Activation { kNone, kRelu, kLeaky };

// Written so that NaN passes, as it does in TensorFlow's Relu, and that ReLU makes 0 of minus infinity. The product is taken for both
// signs: a compiler may not move it out of a branch by itself, and a branch keeps the loop from using vectors.
template <Activation A>
inline float Activate(float z, float slope) {
  if (A == kNone) return z;
  const float below = A == kRelu ? 0.f : slope * z;
  return z < 0.f ? below : z;
}

template <Activation A>
inline float Slope(float z, float dy, float slope) {
  if (A == kNone) return dy;
  const float below = A == kRelu ? 0.f : slope * dy;
  return z > 0.f ? dy : below;
}

// Width is the number of channels where it is known at compile time, so that the sums stay in registers; 0 stands for any.
template <int Width, Activation A>
void Moments(const float* __restrict x, const float* __restrict shift, int64_t rows, int64_t channels, float* __restrict first,
             float* __restrict second) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - shift[c];
      first[c] += d;
      second[c] += d * d;
    }
  }
}

template <int Width, Activation A>
void Normalize(const float* __restrict x, const float* __restrict mean, const float* __restrict scale, const float* __restrict beta, float slope,
               int64_t rows, int64_t channels, float* __restrict y) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      y[c] = Activate<A>((x[c] - mean[c]) * scale[c] + beta[c], slope);
    }
  }
}

template <int Width, Activation A>
void GradientMoments(const float* __restrict dy, const float* __restrict x, const float* __restrict mean, const float* __restrict scale,
                     const float* __restrict beta, float slope, int64_t rows, int64_t channels, float* __restrict first, float* __restrict second) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, dy += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - mean[c];
      const float e = Slope<A>(d * scale[c] + beta[c], dy[c], slope);
      first[c] += e;
      second[c] += e * d;
    }
  }
}

template <int Width, Activation A>
void Gradient(const float* __restrict dy, const float* __restrict x, const float* __restrict mean, const float* __restrict scale,
              const float* __restrict beta, const float* __restrict tilt, const float* __restrict offset, float slope, int64_t rows,
              int64_t channels, float* __restrict dx) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, dy += width, dx += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      const float d = x[c] - mean[c];
      const float e = Slope<A>(d * scale[c] + beta[c], dy[c], slope);
      dx[c] = e * scale[c] + d * tilt[c] + offset[c];
    }
  }
}

template <int Width, Activation A>
void NormalizeAdd(const float* __restrict x, const float* __restrict mean, const float* __restrict scale, const float* __restrict beta,
                  const float* __restrict residual, int64_t rows, int64_t channels, float* __restrict y) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, x += width, residual += width, y += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      y[c] = Activate<A>((x[c] - mean[c]) * scale[c] + beta[c] + residual[c], 0.f);
    }
  }
}

template <int Width, Activation A>
void MaskedMoments(const float* __restrict dy, const float* __restrict y, const float* __restrict x, const float* __restrict mean, int64_t rows,
                   int64_t channels, float* __restrict e, float* __restrict first, float* __restrict second) {
  const int64_t width = Width > 0 ? Width : channels;
  for (int64_t row = 0; row < rows; ++row, dy += width, y += width, x += width, e += width) {
    GLEANER_KEEP_LOOP for (int64_t c = 0; c < width; ++c) {
      const float d = Slope<A>(y[c], dy[c], 0.f);
      e[c] = d;
      first[c] += d;
      second[c] += d * (x[c] - mean[c]);
    }
  }
}

// Picks the instance for the widths that networks have.
#define GLEANER_PICK(Loop, A, ...)                       \
  switch (channels) {                                    \
    case 8: return Loop<8, A>(__VA_ARGS__);              \
    case 16: return Loop<16, A>(__VA_ARGS__);            \
    case 32: return Loop<32, A>(__VA_ARGS__);            \
    case 64: return Loop<64, A>(__VA_ARGS__);            \
    case 128: return Loop<128, A>(__VA_ARGS__);          \
    default: return Loop<0, A>(__VA_ARGS__);             \
  }
#define GLEANER_PICK_ACTIVATION(Loop, ...)               \
  if (slope == 1.f) GLEANER_PICK(Loop, kNone, __VA_ARGS__) \
  if (slope == 0.f) GLEANER_PICK(Loop, kRelu, __VA_ARGS__) \
  GLEANER_PICK(Loop, kLeaky, __VA_ARGS__)

void PickMoments(const float* x, const float* shift, int64_t rows, int64_t channels, float* first, float* second) {
  GLEANER_PICK(Moments, kNone, x, shift, rows, channels, first, second)
}
void PickNormalize(const float* x, const float* mean, const float* scale, const float* beta, float slope, int64_t rows, int64_t channels, float* y) {
  GLEANER_PICK_ACTIVATION(Normalize, x, mean, scale, beta, slope, rows, channels, y)
}
void PickGradientMoments(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, float slope, int64_t rows,
                         int64_t channels, float* first, float* second) {
  GLEANER_PICK_ACTIVATION(GradientMoments, dy, x, mean, scale, beta, slope, rows, channels, first, second)
}
void PickGradient(const float* dy, const float* x, const float* mean, const float* scale, const float* beta, const float* tilt, const float* offset,
                  float slope, int64_t rows, int64_t channels, float* dx) {
  GLEANER_PICK_ACTIVATION(Gradient, dy, x, mean, scale, beta, tilt, offset, slope, rows, channels, dx)
}

void PickNormalizeAdd(const float* x, const float* mean, const float* scale, const float* beta, const float* residual, int64_t rows, int64_t channels,
                      float* y) {
  GLEANER_PICK(NormalizeAdd, kRelu, x, mean, scale, beta, residual, rows, channels, y)
}
void PickMaskedMoments(const float* dy, const float* y, const float* x, const float* mean, int64_t rows, int64_t channels, float* e, float* first,
                       float* second) {
  GLEANER_PICK(MaskedMoments, kRelu, dy, y, x, mean, rows, channels, e, first, second)
}

}  // namespace

extern const NormLoops GLEANER_TABLE(kNormLoops);
const NormLoops GLEANER_TABLE(kNormLoops) = {PickMoments,  PickNormalize,    PickGradientMoments,
                                             PickGradient, PickNormalizeAdd, PickMaskedMoments};

}  // namespace gleaner
