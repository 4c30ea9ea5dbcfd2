#pragma once

#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What is wanted of one call.
struct TokenSourceOptions {
  /// The token must live at least this long; absent: renewal_margin.
  std::optional<std::chrono::seconds> min_valid = {};
  /// Renew whatever the age of the access token; one that another caller or process renews meanwhile will do.
  /// An old token is then no substitute for an error.
  bool renew_now = false;
  /// Send a refresh token that is marked dead or older than the public half says, and ask a server again
  /// whose last failure still stands.
  bool force = false;
  /// Keep trying what may be repeated (see Error::retry_after), with backoff, for this long.
  std::chrono::seconds wait{0};
};

/// How much of its life a token has left when it is due for renewal:
/// min(max(60 s, lifetime / 10), lifetime / 2).
std::chrono::seconds renewal_margin(std::chrono::seconds lifetime) noexcept;

/// What authorizes one request to an API: `Authorization: DPoP` with the token, and `DPoP` with the proof.
struct DpopAuthorization {
  Token token = {};   ///< for the Authorization header
  Secret proof = {};  ///< for this one request
};

/// A valid access token whenever asked: the stored one, else a renewed one; one renewal for all threads and
/// all processes of this user. A token that still lives beats an error (it comes with a warning). May be
/// called from many threads at once. Renewals run on a thread of their own, with all signals blocked there,
/// so that a caller who gives up neither waits for one nor cuts it short.
class TokenSource {
 public:
  /// An error is kept and returned by every call. `executor` is where callbacks run, see executor.hpp.
  explicit TokenSource(Result<Session> session, Executor executor = {});
  TokenSource(TokenSource&&) noexcept;  ///< the other one may only be assigned to or destroyed after that
  TokenSource& operator=(TokenSource&&) noexcept;  ///< the same; waits as the destructor does
  /// Waits for a renewal that is under way, since it carries a refresh token: for as long as `token` may
  /// take. Where that is too long, as on the thread of the windows, let another thread destroy it.
  ~TokenSource();

  /// Blocks for at most the time of a renewal (lock, store and request: twice the timeout and twice the
  /// store's, and 5 s) and `wait`; ends within 100 ms of a stop request with class `interrupted`, while the
  /// renewal goes on. Class `reauthenticate` when a person must sign in again. When a token was issued that
  /// could be kept nowhere, the error is of class `store` and `take_unkept_token` has it.
  Result<Token> token(const TokenSourceOptions& options = {}, std::stop_token stop = {});
  /// The token that needs neither store nor network: what this object gave last, else what the kernel's
  /// keyring holds, if it is good for `options`. Reads a file of the session, and waits for nobody. Nothing,
  /// for whatever reason, a renewal under way among them: ask `token`.
  [[nodiscard]] std::optional<Token> token_at_hand(const TokenSourceOptions& options = {});
  /// As `token`, but waits for nothing, as executor.hpp promises. A second thread, started with the first
  /// such call, serves any number of them; a renewal that is stopped or dropped goes on behind it.
  void token_async(const TokenSourceOptions& options, std::stop_token stop,
                   std::function<void(Result<Token>)> done);
  /// Signs out: Session::revoke, after a renewal that is under way; whoever asks for a token from then on
  /// gets `reauthenticate`. Blocks. A stop request ends the wait; whether the server had revoked by then,
  /// only another call says. Errors as Session::revoke.
  Result<void> revoke(std::stop_token stop = {});
  /// The same, as executor.hpp promises.
  void revoke_async(std::stop_token stop, std::function<void(Result<void>)> done);
  /// Once, after an error of class `store`, see `token`; nothing otherwise.
  [[nodiscard]] std::optional<Token> take_unkept_token();
  /// The same, with a proof for `request` and that token, which takes the place of the request's own (RFC
  /// 9449 s7). Errors as `token` and Session::dpop_proof.
  Result<DpopAuthorization> authorize(DpopRequest request, const TokenSourceOptions& options = {},
                                      std::stop_token stop = {});

 private:
  struct [[gnu::visibility("hidden")]] State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
