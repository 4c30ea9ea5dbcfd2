#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

namespace oauth_token {

struct TokenSourceOptions {
  /// The token must live at least this long; absent: the margin min(max(60 s, lifetime / 10), lifetime / 2).
  std::optional<std::chrono::seconds> min_valid = {};
  /// Renew whatever the age of the access token.
  bool renew_now = false;
  /// Send a refresh token that is marked dead or older than the public half says.
  bool force = false;
  /// Keep trying what may be repeated, with backoff, for this long.
  std::chrono::seconds wait{0};
};

/// A valid access token whenever asked: the stored one, else a renewed one; one renewal for all threads and
/// all processes of this user. A token that still lives beats an error (it comes with a warning). May be
/// called from many threads at once.
class TokenSource {
 public:
  /// An error is kept and returned by every call.
  explicit TokenSource(Result<Session> session);
  TokenSource(TokenSource&&) noexcept;
  TokenSource& operator=(TokenSource&&) noexcept;
  /// Waits for a renewal that is under way, since it carries a refresh token.
  ~TokenSource();

  /// Blocks. Class `reauthenticate` when a person must sign in again. When a token was issued that could be
  /// kept nowhere, the error is of class `store` and `take_unkept_token` has it.
  Result<Token> token(const TokenSourceOptions& options = {}, std::stop_token stop = {});
  [[nodiscard]] std::optional<Token> take_unkept_token();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token
