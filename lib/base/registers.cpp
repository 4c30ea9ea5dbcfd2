#include "base/registers.hpp"

#include <array>
#include <cstddef>
#include <cstring>

// Its _Bool is no C++ for Clang.
#if defined(__x86_64__) && !defined(__clang__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

namespace oauth_token {

#if defined(__x86_64__)

namespace {

// The compiler's own test asks the processor at each start of each file that it is linked into, and a virtual
// machine answers each of those dozens of questions by leaving for its host: 0.1 ms. The C library has asked
// already.
#if defined(CPU_FEATURE_ACTIVE)
bool has_avx() noexcept { return CPU_FEATURE_ACTIVE(AVX); }
bool has_avx512() noexcept { return CPU_FEATURE_ACTIVE(AVX512F); }
#else
bool has_avx() noexcept { return __builtin_cpu_supports("avx") != 0; }
bool has_avx512() noexcept { return __builtin_cpu_supports("avx512f") != 0; }
#endif

}  // namespace

void wipe_vector_registers() noexcept {
  static const bool avx = has_avx();
  static const bool avx512 = has_avx512();
  if (avx512) {
    // vzeroall leaves the upper sixteen alone, and they are the ones that glibc copies with.
    asm volatile(
        "vpxorq %zmm16, %zmm16, %zmm16\n\tvpxorq %zmm17, %zmm17, %zmm17\n\t"
        "vpxorq %zmm18, %zmm18, %zmm18\n\tvpxorq %zmm19, %zmm19, %zmm19\n\t"
        "vpxorq %zmm20, %zmm20, %zmm20\n\tvpxorq %zmm21, %zmm21, %zmm21\n\t"
        "vpxorq %zmm22, %zmm22, %zmm22\n\tvpxorq %zmm23, %zmm23, %zmm23\n\t"
        "vpxorq %zmm24, %zmm24, %zmm24\n\tvpxorq %zmm25, %zmm25, %zmm25\n\t"
        "vpxorq %zmm26, %zmm26, %zmm26\n\tvpxorq %zmm27, %zmm27, %zmm27\n\t"
        "vpxorq %zmm28, %zmm28, %zmm28\n\tvpxorq %zmm29, %zmm29, %zmm29\n\t"
        "vpxorq %zmm30, %zmm30, %zmm30\n\tvpxorq %zmm31, %zmm31, %zmm31");
  }
  if (avx) {
    asm volatile("vzeroall" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  } else {
    asm volatile(
        "xorps %%xmm0, %%xmm0\n\txorps %%xmm1, %%xmm1\n\txorps %%xmm2, %%xmm2\n\txorps %%xmm3, %%xmm3\n\t"
        "xorps %%xmm4, %%xmm4\n\txorps %%xmm5, %%xmm5\n\txorps %%xmm6, %%xmm6\n\txorps %%xmm7, %%xmm7\n\t"
        "xorps %%xmm8, %%xmm8\n\txorps %%xmm9, %%xmm9\n\txorps %%xmm10, %%xmm10\n\txorps %%xmm11, %%xmm11\n\t"
        "xorps %%xmm12, %%xmm12\n\txorps %%xmm13, %%xmm13\n\txorps %%xmm14, %%xmm14\n\txorps %%xmm15, "
        "%%xmm15" ::
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
              "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  }
}

#else

void wipe_vector_registers() noexcept {}

#endif

[[gnu::noinline]] void wipe_dead_stack() noexcept {
  std::array<char, std::size_t{16} * 1024> below;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  ::explicit_bzero(below.data(), below.size());
}

}  // namespace oauth_token
