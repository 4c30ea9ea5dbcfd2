#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>

/// What happens at random: the same again with the same seed.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  /// 0 to below `count`.
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine_); }
  bool of(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  std::chrono::milliseconds up_to(int milliseconds) {
    return std::chrono::milliseconds(below(milliseconds + 1));
  }
  /// Until the next of so many a second.
  std::chrono::milliseconds until_next(double per_second) {
    return std::chrono::milliseconds(
        std::lround(1000 * std::exponential_distribution<double>(per_second)(engine_)));
  }

 private:
  std::mt19937_64 engine_;
};
