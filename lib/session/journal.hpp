#pragma once

#include "base/folder.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token {

/// Keeps the answer of a renewal where the store may fail to. Two files of a session:
///
///   ID.next     is written before the refresh token is sent (what is about to happen, with the space for the
///               answer reserved) and gets the answer as soon as it is there
///   ID.journal  the last answer, until the next one takes its place: a store may lose what it confirmed
///
/// The answer is sealed (AES-256-GCM) under HKDF-SHA256 of the refresh token that was spent for it: whoever
/// can still read the old record can recover, and there is no other key. To be used under the session's lock.
class Journal {
 public:
  static Result<Journal> open(const Folder& state, const std::string& session_id);

  /// A renewal that began and whose answer is not known.
  struct Unanswered {
    std::uint64_t generation = 0;         ///< that was spent
    std::chrono::sys_seconds since = {};  ///< when it was spent first
  };
  [[nodiscard]] Result<std::optional<Unanswered>> unanswered() const;

  /// Whether the last answer did not get into the store, as far as `finish` was told.
  [[nodiscard]] Result<bool> has_unstored_answer() const;

  /// What is kept beyond `generation`: the newest answer that `refresh_token` opens.
  struct Kept {
    std::optional<Secret> answer = {};
    /// There is a newer answer that does not open: damaged, or not this refresh token's.
    bool unreadable = false;
    /// The answer is in ID.next: as far as `finish` was told, it did not get into the store.
    bool unstored = false;
    /// Where the answer is, for messages.
    std::string place = {};
  };
  [[nodiscard]] Result<Kept> beyond(std::uint64_t generation, const Secret& refresh_token) const;
  /// The highest generation that any file speaks of; 0: none.
  [[nodiscard]] Result<std::uint64_t> last_generation() const;

  /// For `begin`: a server's tokens change in size, but not by orders of magnitude.
  static constexpr std::size_t least_room = std::size_t{64} * 1024;

  /// Before sending: reserves room for an answer of `room` bytes and makes the intent durable. An answer that
  /// is still in ID.next becomes the last one.
  Result<void> begin(std::uint64_t generation, const Secret& refresh_token, std::size_t room,
                     std::chrono::sys_seconds now);
  /// Seals the answer to `begin` into the reserved room; durable when it returns.
  Result<void> keep(const Secret& answer);
  /// The answer is in the store too.
  void finish();
  /// Nothing was sent, or the server has answered that it issues nothing: an older renewal without an answer
  /// stays known.
  void nothing_issued();
  /// Removes everything: the session is signed in anew, or gone.
  Result<void> erase();

  /// Where a kept answer is, for messages.
  [[nodiscard]] std::string place() const;

 private:
  struct Page;
  Journal(Folder folder, std::string id) : folder_(std::move(folder)), id_(std::move(id)) {}
  [[nodiscard]] Result<std::optional<Page>> page(const std::string& file) const;
  [[nodiscard]] std::string next() const { return id_ + ".next"; }
  [[nodiscard]] std::string last() const { return id_ + ".journal"; }

  Folder folder_;
  std::string id_;
  Descriptor file_ = {};
  std::uint64_t spent_ = 0;
  bool repeated_ = false;
  std::string salt_ = {};
  Secret key_ = {};
};

}  // namespace oauth_token
