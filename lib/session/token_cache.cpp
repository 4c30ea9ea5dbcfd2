#include "session/token_cache.hpp"

#include "base/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// An ordinary user may keep 20 000 bytes in all, and other programs keep theirs there, too. A session's id is
// 128 random bits and fixed to server, client, user and scope; the generation and where the tokens belong
// stand in the value and are compared when it is read.
namespace oauth_token {
namespace {

constexpr std::size_t longest_entry = 4096;
constexpr std::size_t most_tokens = 4;
constexpr std::chrono::seconds longest_kept = std::chrono::days(1);
constexpr long possessor_only = 0x3f000000;
constexpr const char* ring_name = "oauth-token";

using Serial = std::int32_t;

bool threads_are_ours = false;

template <class... Arguments>
long keyctl(int operation, Arguments... arguments) noexcept {
  return ::syscall(SYS_keyctl, operation, arguments...);
}

std::string name_of(const SessionRecord& record) { return "oauth-token:" + record.id; }

// `@u` is the real user's, whatever the program may be otherwise.
bool is_for_us() noexcept { return ::geteuid() != 0 && ::getuid() == ::geteuid(); }

// Only who possesses a key may read it, and a login session need not have the user's keyring. It is possessed
// through the keyring of a thread that is gone at once, and with it all that it holds: what a host program's
// keyrings hold is its business, and a keyring for each of its threads would be more keys than a user may
// have. `work` must not throw.
void as_possessor(const std::function<void()>& work) {
  const auto linked = [&] {
    if (keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_THREAD_KEYRING) == 0) work();
  };
  if (threads_are_ours) return linked();
  if (auto thread = start_thread(linked)) thread->join();
}

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

// Complete before others can find it: whatever ends the program meanwhile, no key without an end is left.
void publish(const std::string& name, std::string_view value, std::int64_t seconds) noexcept {
  const long ring = own_ring();
  if (ring <= 0) return;
  const long key =
      ::syscall(SYS_add_key, "user", name.c_str(), value.data(), value.size(), KEY_SPEC_THREAD_KEYRING);
  if (key <= 0 || keyctl(KEYCTL_SETPERM, key, possessor_only) != 0 ||
      keyctl(KEYCTL_SET_TIMEOUT, key, seconds) != 0)
    return;
  if (find("user", name) <= 0) make_room(ring);
  keyctl(KEYCTL_LINK, key, ring);
}

}  // namespace

void use_keyrings_of_own_threads() noexcept { threads_are_ours = true; }

std::optional<SecretHalf> cached_half(const SessionRecord& record) {
  if (!is_for_us()) return std::nullopt;
  const long key = find("user", name_of(record));
  if (key <= 0) return std::nullopt;
  SecretBuffer value;
  char* const room = value.room(longest_entry);
  long size = keyctl(KEYCTL_READ, key, room, longest_entry);
  if (size < 0 && errno == EACCES)
    as_possessor([&] { size = keyctl(KEYCTL_READ, key, room, longest_entry); });
  if (size <= 0 || size > static_cast<long>(longest_entry)) return std::nullopt;
  value.grew(static_cast<std::size_t>(size));
  auto half = secret_half_from_json(value.take(), record);
  if (!half || half->generation != record.generation) return std::nullopt;
  return std::move(*half);
}

void cache_half(const SessionRecord& record, const SecretHalf& half, std::chrono::sys_seconds now) {
  const bool is_bound = !half.dpop_key.empty() || record.client.dpop.use != DpopUse::none;
  if (!is_for_us() || is_bound || !half.token.expires_at || *half.token.expires_at <= now) return;
  if (half.generation != record.generation) return;
  SecretHalf kept{.generation = half.generation, .obtained_at = half.obtained_at, .token = copy(half.token)};
  kept.token.refresh_token.wipe();
  const Secret value = to_json(kept, record);
  if (value.size() > longest_entry) return;
  const auto left = std::min<std::chrono::seconds>(*half.token.expires_at - now, longest_kept).count();
  as_possessor([&, name = name_of(record)] { publish(name, value.expose(), left); });
}

void drop_cached_half(const SessionRecord& record) {
  const std::string name = name_of(record);
  if (!is_for_us() || find("user", name) <= 0) return;
  as_possessor([&] {
    if (const long key = find("user", name); key > 0) keyctl(KEYCTL_INVALIDATE, key);
  });
}

}  // namespace oauth_token
