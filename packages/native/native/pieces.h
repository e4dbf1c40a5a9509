// Work on many arrays of different lengths, such as all weights of a network.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "op.h"
#include "pool.h"

namespace gleaner {

// The arrays in pieces, and the pieces in jobs of about 64 kB. The split does not depend on the threads, so sums do not either.
class Pieces {
 public:
  explicit Pieces(const std::vector<Tensor>& arrays) {
    int64_t filled = kJob;
    for (size_t array = 0; array < arrays.size(); ++array) {
      const int64_t size = arrays[array].size();
      for (int64_t at = 0; at < size; at += kJob) {
        if (filled >= kJob) {
          starts_.push_back(pieces_.size());
          filled = 0;
        }
        pieces_.push_back({array, at, std::min(kJob, size - at)});
        filled += pieces_.back().size;
      }
    }
    starts_.push_back(pieces_.size());
  }

  int64_t jobs() const { return static_cast<int64_t>(starts_.size()) - 1; }

  // Calls body(job, array, at, size) for every piece; those of a job one after the other.
  template <class Body>
  void ForEach(const Body& body) const {
    Pool::Get().Run(jobs(), [&](int64_t job) {
      for (size_t i = starts_[job]; i < starts_[job + 1]; ++i) body(job, pieces_[i].array, pieces_[i].at, pieces_[i].size);
    });
  }

 private:
  static constexpr int64_t kJob = 16384;
  struct Piece {
    size_t array;
    int64_t at, size;
  };
  std::vector<Piece> pieces_;
  std::vector<size_t> starts_;
};

}  // namespace gleaner
