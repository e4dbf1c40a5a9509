// The inner loop of the soft-target focal loss. focal_loops.cc is compiled once for each instruction set.
#pragma once
#include <cstdint>

#include "loops.h"

namespace gleaner {

struct FocalSettings {
  float alpha0, alpha1, gamma;
  bool soft_alpha, soft_beta;
};

struct FocalLoops {
  // The loss of n targets and logits, and its slope by the logit.
  void (*loss)(const float* targets, const float* logits, const FocalSettings& settings, int64_t n, float* value, float* slope);
};

GLEANER_DECLARE_TABLES(FocalLoops, kFocalLoops)

inline const FocalLoops& FastestFocalLoops() { return GLEANER_FASTEST(kFocalLoops); }

}  // namespace gleaner
