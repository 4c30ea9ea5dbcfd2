#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_source.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#pragma GCC visibility push(default)
namespace oauth_token {

/// A token source that asks a person where nobody is signed in, or the session has come to its end: all that
/// an application with a sign-in dialog needs. The session is the one of that name if it is with the same
/// server, client and user; else a sign-in replaces it where the options say so. Calls run one after another,
/// so that there is one question at a time. An object is for one thread at a time.
class InteractiveTokenSource {
 public:
  /// Does nothing yet. `options.executor` is for `ask` and for callbacks, `options.session` for the session
  /// as well.
  InteractiveTokenSource(SignInOptions options, AskPerson ask);
  /// The other one may only be assigned to or destroyed after that.
  InteractiveTokenSource(InteractiveTokenSource&&) noexcept;
  /// The same; waits as the destructor does.
  InteractiveTokenSource& operator=(InteractiveTokenSource&&) noexcept;
  /// Waits for what carries a refresh token or keeps a token that was issued.
  ~InteractiveTokenSource();

  /// A valid access token, as executor.hpp promises: the stored one, a renewed one, or the one of a sign-in.
  /// A sign-in that is keeping its tokens when it is stopped goes on behind, see
  /// InteractiveSignIn::run_async. Errors as TokenSource::token and InteractiveSignIn::run.
  void token_async(const TokenSourceOptions& options, std::stop_token stop,
                   std::function<void(Result<Token>)> done);
  /// Signs out, as TokenSource::revoke_async; the next token is one of another sign-in. `reauthenticate`
  /// where nobody is signed in.
  void revoke_async(std::stop_token stop, std::function<void(Result<void>)> done);
  /// See TokenSource::take_unkept_token and InteractiveSignIn::take_unkept_token.
  [[nodiscard]] std::optional<Token> take_unkept_token();
  /// Of the session, as the last completed call found it; at first as wanted.
  [[nodiscard]] const SessionRecord& record() const noexcept;

 private:
  struct [[gnu::visibility("hidden")]] State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
