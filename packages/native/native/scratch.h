// Memory that a thread keeps between calls: to get it from the system each time would take longer than some of the work.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace gleaner {

class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  ~Scratch() { std::free(start_); }

  // At least so many numbers, at a multiple of 64 bytes; what they are is open, but they are numbers.
  float* Get(int64_t size) {
    if (size <= size_) return start_;
    std::free(start_);
    size_ = (size + 15) / 16 * 16;
    start_ = static_cast<float*>(std::aligned_alloc(64, size_ * sizeof(float)));
    if (start_ == nullptr) throw std::bad_alloc();
    std::fill_n(start_, size_, 0.f);
    return start_;
  }

 private:
  float* start_ = nullptr;
  int64_t size_ = 0;
};

}  // namespace gleaner
