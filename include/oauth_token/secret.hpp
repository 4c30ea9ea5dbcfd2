#pragma once

#include <cstddef>
#include <string_view>

#pragma GCC visibility push(default)
namespace oauth_token {

/// Text that must not be left behind: passwords, tokens, client secrets. It lives in pages of its own that
/// are locked into memory where the system allows it (see secret_memory_is_locked), kept out of core dumps,
/// all NUL bytes in a forked child, and overwritten before they are given back. Moving moves a pointer: no
/// byte stays behind. There is no implicit copy, no conversion and no output operator. Any byte may occur,
/// NUL included; length is up to memory. One object belongs to one thread at a time. Allocation failure
/// throws std::bad_alloc.
class Secret {
 public:
  Secret() noexcept = default;
  /// Copies `text`; the caller wipes its own copy.
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept;             ///< leaves `other` empty
  Secret& operator=(Secret&& other) noexcept;  ///< the same; what was here is overwritten first
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// A second copy, on purpose.
  [[nodiscard]] Secret copy() const { return Secret(expose()); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }   ///< no byte at all
  [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< in bytes
  /// The text itself, valid while this object lives and is not moved from. Whoever calls this takes care of
  /// what becomes of it.
  [[nodiscard]] std::string_view expose() const noexcept { return {data_, size_}; }
  /// Overwrites and releases the text now.
  void wipe() noexcept;

 private:
  friend class SecretBuffer;
  Secret(char* data, std::size_t size, std::size_t capacity) noexcept
      : data_(data), size_(size), capacity_(capacity) {}

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Compares in time that depends on the lengths only.
bool operator==(const Secret& left, const Secret& right) noexcept;

/// A growing secret: what secrets are read into and requests are built in. Growth copies to larger pages and
/// wipes the old ones.
class SecretBuffer {
 public:
  SecretBuffer() noexcept = default;
  /// With room for that many bytes before it has to grow.
  explicit SecretBuffer(std::size_t capacity);

  /// Copies `text` to the end; the caller wipes its own copy.
  SecretBuffer& append(std::string_view text);
  /// The same for one byte.
  SecretBuffer& append(char byte) { return append(std::string_view(&byte, 1)); }
  /// Room for `count` more bytes behind the text, to be filled by read(2) and the like; then call `grew`.
  char* room(std::size_t count);
  /// `count` bytes of the room were filled.
  void grew(std::size_t count) noexcept { secret_.size_ += count; }
  /// Shortens the text; the bytes behind are overwritten.
  void truncate(std::size_t size) noexcept;
  /// Drops `count` bytes at the front.
  void drop_front(std::size_t count) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return secret_.size(); }         ///< in bytes
  [[nodiscard]] std::size_t capacity() const noexcept { return secret_.capacity_; }  ///< in bytes
  [[nodiscard]] bool empty() const noexcept { return secret_.empty(); }              ///< no byte at all
  /// The text so far, valid until the next change.
  [[nodiscard]] std::string_view expose() const noexcept { return secret_.expose(); }
  /// The same, to be changed in place; null where nothing was ever in it.
  [[nodiscard]] char* data() noexcept { return secret_.data_; }
  /// Hands the pages over without copying; this buffer is empty afterwards.
  [[nodiscard]] Secret take() noexcept { return static_cast<Secret&&>(secret_); }

 private:
  Secret secret_;
};

/// False when a page could not be locked into memory (RLIMIT_MEMLOCK): secrets may then reach swap.
/// Thread-safe.
bool secret_memory_is_locked() noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
