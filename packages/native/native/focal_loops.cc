#include "focal_loops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gleaner {
namespace {

inline float FromBits(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline int32_t ToBits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// e^x for x <= 0 to about 1e-7 of it: e^x = 2^n e^r with |r| <= ln(2) / 2 and a Taylor polynomial in r. 0 where no normal number is left; NaN stays.
// Without branches and calls, so that compilers make vectors of it.
inline float ExpBelowZero(float x) {
  const float least = -87.3f;
  const float clamped = x < least ? least : x;
  // Adding 1.5 * 2^23 rounds to a whole number, which then is in the low bits.
  const float shifted = clamped * 1.44269504f + 12582912.f;
  const float n = shifted - 12582912.f;
  // ln(2) in two parts, the first with few digits, so that n times it is exact.
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  const float e = 1.f + r * (1.f + r * (0.5f + r * (1.f / 6 + r * (1.f / 24 + r * (1.f / 120 + r * (1.f / 720 + r * (1.f / 5040)))))));
  const int32_t power = ToBits(shifted) - 0x4B400000;
  const float y = e * FromBits(static_cast<int32_t>(static_cast<uint32_t>(power + 127) << 23));
  return x < least ? 0.f : y;
}

// ln(1 + e) for 0 <= e <= 1 without losing small e: 2 artanh(s) with s = e / (2 + e) <= 1/3, as a series.
inline float LogOnePlus(float e) {
  const float s = e / (2.f + e), z = s * s;
  return 2.f * s *
         (1.f + z * (1.f / 3 + z * (1.f / 5 + z * (1.f / 7 + z * (1.f / 9 + z * (1.f / 11 + z * (1.f / 13 + z * (1.f / 15 + z * (1.f / 17)))))))));
}

// See packages/losses/src/soft-target-focal-loss.ts: positive logits are folded onto negative ones, so that neither q - y nor ln(1 - q) loses
// digits. `powers` holds |distance|^gamma unless gamma is 2.
template <bool kSquare>
void Chunk(const float* __restrict targets, const float* __restrict logits, const FocalSettings& settings, int64_t n, const float* __restrict powers,
           float* __restrict value, float* __restrict slope) {
  const float alpha0 = settings.alpha0, tilt = settings.alpha1 - settings.alpha0, gamma = settings.gamma;
  const float hard_alpha = settings.soft_alpha ? 0.f : 1.f, hard_beta = settings.soft_beta ? 0.f : 1.f;
  for (int64_t i = 0; i < n; ++i) {
    const float x = logits[i], y = targets[i], hard = y >= 0.5f ? 1.f : 0.f;
    const float magnitude = std::fabs(x), e = ExpBelowZero(-magnitude), q = e / (1.f + e);
    const float target = x > 0.f ? 1.f - y : y, near = x > 0.f ? 1.f - hard : hard;
    const float cross_entropy = magnitude * target + LogOnePlus(e);
    const float residual = q - target, distance = hard_beta != 0.f ? q - near : residual;
    const float weight = alpha0 + tilt * (hard_alpha != 0.f ? hard : y);
    const float sigmoid_slope = q * (1.f - q);
    const float factor = kSquare ? distance * distance : powers[i];
    const float ratio = kSquare ? distance : (distance == 0.f ? 0.f : factor / distance);
    const float folded = factor * residual + gamma * (ratio * sigmoid_slope) * cross_entropy;
    value[i] = weight * (factor * cross_entropy);
    slope[i] = weight * (x > 0.f ? -folded : folded);
  }
}

void Powers(const float* targets, const float* logits, const FocalSettings& settings, int64_t n, float* powers) {
  for (int64_t i = 0; i < n; ++i) {
    const float e = ExpBelowZero(-std::fabs(logits[i])), q = e / (1.f + e);
    const float y = settings.soft_beta ? targets[i] : (targets[i] >= 0.5f ? 1.f : 0.f);
    powers[i] = std::pow(std::fabs(q - (logits[i] > 0.f ? 1.f - y : y)), settings.gamma);
  }
}

void Loss(const float* targets, const float* logits, const FocalSettings& settings, int64_t n, float* value, float* slope) {
  if (settings.gamma == 2.f) return Chunk<true>(targets, logits, settings, n, nullptr, value, slope);
  constexpr int64_t kChunk = 512;
  float powers[kChunk];
  for (int64_t at = 0; at < n; at += kChunk) {
    const int64_t size = std::min(kChunk, n - at);
    Powers(targets + at, logits + at, settings, size, powers);
    Chunk<false>(targets + at, logits + at, settings, size, powers, value + at, slope + at);
  }
}

}  // namespace

extern const FocalLoops GLEANER_TABLE(kFocalLoops);
const FocalLoops GLEANER_TABLE(kFocalLoops) = {Loss};

}  // namespace gleaner
