#include "winograd_loops.h"

#include "vectors.h"

namespace gleaner {
namespace {

// Row k of B' d, of A d, of G d and of the three ways back, for four, two and three values d.
template <class T>
GLEANER_INLINE void FromInput(const T* d, T* t) {
  t[0] = d[0] - d[2], t[1] = d[1] + d[2], t[2] = d[2] - d[1], t[3] = d[1] - d[3];
}
GLEANER_INLINE void FromSlope(const Vector* d, Vector* t) { t[0] = d[0], t[1] = d[0] + d[1], t[2] = d[0] - d[1], t[3] = -d[1]; }
GLEANER_INLINE void ToOutput(const Vector* m, Vector* y) { y[0] = m[0] + m[1] + m[2], y[1] = m[1] - m[2] - m[3]; }
GLEANER_INLINE void FromFilter(const Vector* g, Vector* t) {
  const Vector outer = 0.5f * (g[0] + g[2]), half = 0.5f * g[1];
  t[0] = g[0], t[1] = outer + half, t[2] = outer - half, t[3] = g[2];
}
GLEANER_INLINE void ToFilter(const Vector* m, Vector* g) {
  const Vector sum = 0.5f * (m[1] + m[2]);
  g[0] = m[0] + sum, g[1] = 0.5f * (m[1] - m[2]), g[2] = sum + m[3];
}

// Values in all rows of one column; 0 beside them.
template <class T, int Rows>
GLEANER_INLINE void Column(const float* const* rows, int64_t x, int64_t width, int64_t channels, int64_t part, T* d) {
  const bool inside = x >= 0 && x < width;
  GLEANER_UNROLL for (int k = 0; k < Rows; ++k) d[k] = inside ? LoadAs<T>(rows[k] + x * channels + part) : T{};
}

template <class T>
GLEANER_INLINE void InputColumn(const float* const* rows, int64_t x, int64_t width, int64_t channels, int64_t part, T* t) {
  T d[4];
  Column<T, 4>(rows, x, width, channels, part, d);
  FromInput(d, t);
}

template <class T>
GLEANER_INLINE void InputParts(const float* const* rows, int64_t width, int64_t channels, int64_t tiles, int64_t position, float* out) {
  for (int64_t part = 0; part < kBlock && part < channels; part += sizeof(T) / sizeof(float)) {
    T c[4][4];
    InputColumn(rows, -1, width, channels, part, c[0]);
    InputColumn(rows, 0, width, channels, part, c[1]);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      InputColumn(rows, 2 * tile + 1, width, channels, part, c[2]);
      InputColumn(rows, 2 * tile + 2, width, channels, part, c[3]);
      GLEANER_UNROLL for (int k = 0; k < 4; ++k) {
        const T across[4] = {c[0][k], c[1][k], c[2][k], c[3][k]};
        T t[4];
        FromInput(across, t);
        GLEANER_UNROLL for (int i = 0; i < 4; ++i) StoreAs(out + (4 * k + i) * position + tile * kBlock + part, t[i]);
        c[0][k] = c[2][k];
        c[1][k] = c[3][k];
      }
    }
  }
}

void Input(const float* const* rows, int64_t width, int64_t channels, int64_t tiles, int64_t position, float* out) {
  if (channels < kLanes) return InputParts<HalfVector>(rows, width, channels, tiles, position, out);
  InputParts<Vector>(rows, width, channels, tiles, position, out);
}

void Slope(const float* const* rows, int64_t width, int64_t channels, int64_t tiles, int64_t position, float* out) {
  for (int part = 0; part < kBlock; part += kLanes) {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Vector c[2][4];
      GLEANER_UNROLL for (int x = 0; x < 2; ++x) {
        Vector d[2];
        Column<Vector, 2>(rows, 2 * tile + x, width, channels, part, d);
        FromSlope(d, c[x]);
      }
      GLEANER_UNROLL for (int k = 0; k < 4; ++k) {
        const Vector across[2] = {c[0][k], c[1][k]};
        Vector t[4];
        FromSlope(across, t);
        GLEANER_UNROLL for (int i = 0; i < 4; ++i) Store(out + (4 * k + i) * position + tile * kBlock + part, t[i]);
      }
    }
  }
}

void Output(const float* in, int64_t position, int64_t width, int64_t channels, int64_t tiles, float* const* rows) {
  for (int part = 0; part < kBlock; part += kLanes) {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Vector down[4][2];
      GLEANER_UNROLL for (int i = 0; i < 4; ++i) {
        Vector m[4];
        GLEANER_UNROLL for (int k = 0; k < 4; ++k) m[k] = Load(in + (4 * k + i) * position + tile * kBlock + part);
        ToOutput(m, down[i]);
      }
      GLEANER_UNROLL for (int r = 0; r < 2; ++r) {
        if (rows[r] == nullptr) continue;
        const Vector across[4] = {down[0][r], down[1][r], down[2][r], down[3][r]};
        Vector y[2];
        ToOutput(across, y);
        float* to = rows[r] + 2 * tile * channels + part;
        Store(to, y[0]);
        if (2 * tile + 1 < width) Store(to + channels, y[1]);
      }
    }
  }
}

void Filter(const float* taps, int64_t tap, int64_t n, int64_t position, float* out) {
  for (int64_t at = 0; at < n; at += kLanes) {
    Vector down[3][4];
    GLEANER_UNROLL for (int x = 0; x < 3; ++x) {
      Vector g[3];
      GLEANER_UNROLL for (int y = 0; y < 3; ++y) g[y] = Load(taps + (3 * y + x) * tap + at);
      FromFilter(g, down[x]);
    }
    GLEANER_UNROLL for (int k = 0; k < 4; ++k) {
      const Vector across[3] = {down[0][k], down[1][k], down[2][k]};
      Vector t[4];
      FromFilter(across, t);
      GLEANER_UNROLL for (int i = 0; i < 4; ++i) Store(out + (4 * k + i) * position + at, t[i]);
    }
  }
}

void FilterSlope(const float* in, int64_t position, int64_t n, int64_t tap, float* taps) {
  for (int64_t at = 0; at < n; at += kLanes) {
    Vector down[4][3];
    GLEANER_UNROLL for (int i = 0; i < 4; ++i) {
      Vector m[4];
      GLEANER_UNROLL for (int k = 0; k < 4; ++k) m[k] = Load(in + (4 * k + i) * position + at);
      ToFilter(m, down[i]);
    }
    GLEANER_UNROLL for (int y = 0; y < 3; ++y) {
      const Vector across[4] = {down[0][y], down[1][y], down[2][y], down[3][y]};
      Vector g[3];
      ToFilter(across, g);
      GLEANER_UNROLL for (int x = 0; x < 3; ++x) Store(taps + (3 * y + x) * tap + at, g[x]);
    }
  }
}

}  // namespace

extern const WinogradLoops GLEANER_TABLE(kWinogradLoops);
const WinogradLoops GLEANER_TABLE(kWinogradLoops) = {Input, Slope, Output, Filter, FilterSlope};

}  // namespace gleaner
