#include "product_loops.h"

#include "vectors.h"

namespace gleaner {
namespace {

// R tiles and V vectors of output channels, whose sums stay in registers.
template <int R, int V>
GLEANER_INLINE void MultiplyTiles(const float* const* x, const float* w, int64_t inputs, int64_t outputs, int64_t tiles, int64_t from, float* out) {
  Vector sums[R][V] = {};
  for (int slice = 0; slice < 3; ++slice, w += inputs * outputs) {
    if (x[slice] == nullptr) continue;
    const float* each = w;
    for (int64_t block = 0; block < inputs; block += kBlock) {
      const float* in = x[slice] + block * tiles + from * kBlock;
      const int64_t end = inputs - block < kBlock ? inputs - block : kBlock;
      GLEANER_KEEP_LOOP for (int64_t c = 0; c < end; ++c, each += outputs) {
        Vector factor[V];
        GLEANER_UNROLL for (int v = 0; v < V; ++v) factor[v] = Load(each + v * kLanes);
        GLEANER_UNROLL for (int r = 0; r < R; ++r) {
          GLEANER_UNROLL for (int v = 0; v < V; ++v) sums[r][v] += in[r * kBlock + c] * factor[v];
        }
      }
    }
  }
  GLEANER_UNROLL for (int v = 0; v < V; ++v) {
    const int at = v * kLanes;
    GLEANER_UNROLL for (int r = 0; r < R; ++r) Store(out + at / kBlock * kBlock * tiles + (from + r) * kBlock + at % kBlock, sums[r][v]);
  }
}

template <int R, int V>
void MultiplyBlocks(const float* const* x, const float* w, int64_t inputs, int64_t outputs, int64_t tiles, float* out) {
  int64_t from = 0;
  for (; from + R <= tiles; from += R) MultiplyTiles<R, V>(x, w, inputs, outputs, tiles, from, out);
  for (; from < tiles; from += 4) MultiplyTiles<4, V>(x, w, inputs, outputs, tiles, from, out);
}

void Multiply(const float* const* x, const float* w, int64_t inputs, int64_t outputs, int64_t tiles, float* out) {
  int64_t done = 0;
#if defined(__AVX512F__)
  for (; outputs - done >= 48 && outputs - done != 64; done += 48) MultiplyBlocks<8, 3>(x, w + done, inputs, outputs, tiles, out + done * tiles);
  for (; outputs - done >= 32; done += 32) MultiplyBlocks<12, 2>(x, w + done, inputs, outputs, tiles, out + done * tiles);
  for (; outputs - done >= 16; done += 16) MultiplyBlocks<16, 1>(x, w + done, inputs, outputs, tiles, out + done * tiles);
#else
  for (; done < outputs; done += kBlock) MultiplyBlocks<4, kBlock / kLanes>(x, w + done, inputs, outputs, tiles, out + done * tiles);
#endif
}

// R input channels and V vectors of output channels.
template <int R, int V>
GLEANER_INLINE void CollectChannels(const float* x, const float* d, int64_t outputs, int64_t tiles, int64_t used, float* sums) {
  Vector all[R][V];
  GLEANER_UNROLL for (int r = 0; r < R; ++r) {
    GLEANER_UNROLL for (int v = 0; v < V; ++v) all[r][v] = Load(sums + r * outputs + v * kLanes);
  }
  GLEANER_KEEP_LOOP for (int64_t tile = 0; tile < used; ++tile, x += kBlock, d += kBlock) {
    Vector factor[V];
    GLEANER_UNROLL for (int v = 0; v < V; ++v) {
      const int at = v * kLanes;
      factor[v] = Load(d + at / kBlock * kBlock * tiles + at % kBlock);
    }
    GLEANER_UNROLL for (int r = 0; r < R; ++r) {
      GLEANER_UNROLL for (int v = 0; v < V; ++v) all[r][v] += x[r] * factor[v];
    }
  }
  GLEANER_UNROLL for (int r = 0; r < R; ++r) {
    GLEANER_UNROLL for (int v = 0; v < V; ++v) Store(sums + r * outputs + v * kLanes, all[r][v]);
  }
}

template <int R, int V>
void CollectBlocks(const float* x, const float* d, int64_t inputs, int64_t outputs, int64_t tiles, int64_t used, float* sums) {
  for (int64_t c = 0; c < inputs; c += R) CollectChannels<R, V>(x + c / kBlock * kBlock * tiles + c % kBlock, d, outputs, tiles, used, sums + c * outputs);
}

void Collect(const float* x, const float* d, int64_t inputs, int64_t outputs, int64_t tiles, int64_t used, float* sums) {
  int64_t done = 0;
#if defined(__AVX512F__)
  for (; outputs - done >= 48 && outputs - done != 64; done += 48) CollectBlocks<8, 3>(x, d + done * tiles, inputs, outputs, tiles, used, sums + done);
  for (; outputs - done >= 32; done += 32) CollectBlocks<8, 2>(x, d + done * tiles, inputs, outputs, tiles, used, sums + done);
  for (; outputs - done >= 16 && inputs < kBlock; done += 16) CollectBlocks<8, 1>(x, d + done * tiles, inputs, outputs, tiles, used, sums + done);
  for (; outputs - done >= 16; done += 16) CollectBlocks<16, 1>(x, d + done * tiles, inputs, outputs, tiles, used, sums + done);
#else
  for (; done < outputs; done += kBlock) CollectBlocks<4, kBlock / kLanes>(x, d + done * tiles, inputs, outputs, tiles, used, sums + done);
#endif
}

}  // namespace

extern const ProductLoops GLEANER_TABLE(kProductLoops);
const ProductLoops GLEANER_TABLE(kProductLoops) = {Multiply, Collect};

}  // namespace gleaner
