#include "session/token_cache.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// An ordinary user may keep 20 000 bytes in all, and other programs keep theirs there, too. A session's id is
// 128 random bits and fixed to server, client, user and scope; the generation and where the tokens belong
// stand in the value and are compared when it is read.
namespace oauth_token {
namespace {

constexpr std::size_t longest_value = 4096;
constexpr std::size_t most_tokens = 4;
constexpr std::chrono::seconds longest_kept = std::chrono::days(1);
constexpr long possessor_only = 0x3f000000;
constexpr const char* ring_name = "oauth-token";

using Serial = std::int32_t;

template <class... Arguments>
long keyctl(int operation, Arguments... arguments) noexcept {
  return ::syscall(SYS_keyctl, operation, arguments...);
}

std::string name_of(const SessionRecord& record) { return "oauth-token:" + record.id; }

// Only who possesses a key may read it. The user's keyring is possessed through the thread's own, for the
// login session need not have it, and only meanwhile: what a host program's keyrings hold is its business.
class Possession {
 public:
  Possession() noexcept : is_there_(::geteuid() != 0 && change(KEYCTL_LINK)) {}
  Possession(const Possession&) = delete;
  Possession& operator=(const Possession&) = delete;
  ~Possession() {
    if (is_there_) change(KEYCTL_UNLINK);
  }
  explicit operator bool() const noexcept { return is_there_; }

 private:
  static bool change(int operation) noexcept {
    return keyctl(operation, KEY_SPEC_USER_KEYRING, KEY_SPEC_THREAD_KEYRING) == 0;
  }
  const bool is_there_;
};

long find(const char* type, const std::string& name) noexcept {
  return keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, type, name.c_str(), 0);
}

long own_ring() noexcept {
  if (const long ring = find("keyring", ring_name); ring > 0) return ring;
  const long ring = ::syscall(SYS_add_key, "keyring", ring_name, nullptr, 0, KEY_SPEC_USER_KEYRING);
  if (ring > 0) keyctl(KEYCTL_SETPERM, ring, possessor_only);
  return ring;
}

void make_room(long ring) noexcept {
  std::array<Serial, 64> kept{};
  const long bytes = keyctl(KEYCTL_READ, ring, kept.data(), sizeof kept);
  if (bytes < 0) return;
  const std::size_t count = std::min(static_cast<std::size_t>(bytes) / sizeof(Serial), kept.size());
  for (std::size_t i = 0; i + most_tokens <= count; ++i) keyctl(KEYCTL_UNLINK, kept[i], ring);
}

}  // namespace

std::optional<SecretHalf> cached_half(const SessionRecord& record) {
  const Possession possession;
  if (!possession) return std::nullopt;
  const long key = find("user", name_of(record));
  if (key <= 0) return std::nullopt;
  SecretBuffer value;
  const long size = keyctl(KEYCTL_READ, key, value.room(longest_value), longest_value);
  if (size <= 0 || size > static_cast<long>(longest_value)) return std::nullopt;
  value.grew(static_cast<std::size_t>(size));
  auto half = secret_half_from_json(value.take(), record);
  if (!half || half->generation != record.generation) return std::nullopt;
  return std::move(*half);
}

void cache_half(const SessionRecord& record, const SecretHalf& half, std::chrono::sys_seconds now) {
  const bool is_bound = !half.dpop_key.empty() || record.client.dpop.use != DpopUse::none;
  if (is_bound || !half.token.expires_at || *half.token.expires_at <= now) return;
  if (half.generation != record.generation) return;
  SecretHalf kept{.generation = half.generation, .obtained_at = half.obtained_at, .token = copy(half.token)};
  kept.token.refresh_token.wipe();
  const Secret value = to_json(kept, record);
  if (value.size() > longest_value) return;
  const Possession possession;
  const long ring = possession ? own_ring() : -1;
  if (ring <= 0) return;
  if (find("user", name_of(record)) <= 0) make_room(ring);
  const long key =
      ::syscall(SYS_add_key, "user", name_of(record).c_str(), value.expose().data(), value.size(), ring);
  if (key <= 0) return;
  const auto left = std::min<std::chrono::seconds>(*half.token.expires_at - now, longest_kept).count();
  if (keyctl(KEYCTL_SETPERM, key, possessor_only) != 0 || keyctl(KEYCTL_SET_TIMEOUT, key, left) != 0)
    keyctl(KEYCTL_INVALIDATE, key);
}

void drop_cached_half(const SessionRecord& record) {
  const Possession possession;
  if (!possession) return;
  if (const long key = find("user", name_of(record)); key > 0) keyctl(KEYCTL_INVALIDATE, key);
}

}  // namespace oauth_token
