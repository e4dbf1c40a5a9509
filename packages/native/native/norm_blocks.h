// How the work of a normalization splits.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "op.h"
#include "pool.h"

namespace gleaner {

// Each sample's rows of channels, in blocks of about 64 kB. The split does not depend on the threads, so sums do not either.
struct NormBlocks {
  int64_t samples, rows, channels, block, blocks;

  template <class Body>
  void ForEachBlock(const Body& body) const {
    Pool::Get().Run(samples * blocks, [&](int64_t job) {
      const int64_t sample = job / blocks, first = (job % blocks) * block;
      body(job, sample, std::min(block, rows - first), (sample * rows + first) * channels);
    });
  }

  // Room for two sums of each channel and block.
  std::vector<float> Partial() const { return std::vector<float>(samples * blocks * 2 * channels, 0.f); }

  // The sums over the blocks of one sample, in double precision and in a fixed order: 2 * channels numbers.
  std::vector<double> Collect(const std::vector<float>& partial, int64_t sample) const {
    std::vector<double> sums(2 * channels, 0.0);
    for (int64_t b = 0; b < blocks; ++b) {
      const float* part = partial.data() + (sample * blocks + b) * 2 * channels;
      for (int64_t c = 0; c < 2 * channels; ++c) sums[c] += part[c];
    }
    return sums;
  }
};

// Checks the shapes; with `whole_batch` all samples count as one.
inline bool MakeNormBlocks(Call& call, const Tensor& x, const Tensor& gamma, const Tensor& beta, bool whole_batch, NormBlocks* made) {
  const int rank = x.rank();
  if (rank < 2) {
    call.Fail("x needs a batch axis first and a channel axis last; it has rank " + std::to_string(rank));
    return false;
  }
  const int64_t channels = x.dim(rank - 1);
  if (gamma.size() != channels || beta.size() != channels) {
    call.Fail("gamma and beta need one value for each of " + std::to_string(channels) + " channels");
    return false;
  }
  int64_t rows = whole_batch ? x.dim(0) : 1;
  for (int i = 1; i < rank - 1; ++i) rows *= x.dim(i);
  const int64_t block = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, channels));
  made->samples = whole_batch ? 1 : x.dim(0);
  made->rows = rows;
  made->channels = channels;
  made->block = block;
  made->blocks = (rows + block - 1) / block;
  return true;
}

}  // namespace gleaner
