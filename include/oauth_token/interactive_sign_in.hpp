#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What a person is asked: a user name, a password and perhaps more. All of it may be shown.
struct SignInQuestion {
  std::string session = {};               ///< its name
  std::string server = {};                ///< the issuer, else the origin of the token endpoint
  std::string client_id = {};             ///< empty: none
  std::string username = {};              ///< to begin with: given, or what was answered before
  bool username_is_fixed = false;         ///< it is shown, not asked for
  std::vector<std::string> factors = {};  ///< names of parameters that are asked for hidden, e.g. "totp"
  int attempt = 1;                        ///< counts from 1
  int attempts = 3;                       ///< how often is asked at most; 1: once
  std::optional<Error> refused = {};      ///< what the server said about the answer before this one
};

/// What a dialog shows of an error: our sentence and, escaped, what the server said. Both are thread-safe.
std::string words_for_person(const Error& error);
/// What a dialog shows above its fields: where the sign-in is or, after a refusal, the words for that and
/// which attempt this one is.
std::string words_for_person(const SignInQuestion& question);

/// What the person answered.
struct SignInAnswer {
  std::string username = {};            ///< counts where it is not fixed
  Secret password = {};                 ///< an empty one is refused, and nothing is sent
  std::vector<Parameter> factors = {};  ///< values for SignInQuestion::factors
};

/// Asks a person: shows the question and calls `answer` when the person is done, at once or later, from any
/// thread. Only the first call counts; dropping `answer` without a call is giving up. An error as the answer
/// ends the sign-in with that error, and so does throwing.
using AskPerson =
    std::function<void(SignInQuestion question, std::function<void(Result<SignInAnswer>)> answer)>;

/// The first question about a session that is wanted. Its user name is fixed where the record has one.
SignInQuestion sign_in_question(const SessionRecord& wanted);

/// Asks, sends the answer, and asks again after class `credentials` alone, `question.attempts` times in all:
/// for a client without a session; InteractiveSignIn does it for one. Blocks as long as the person takes and
/// as `send` does. Errors: what `send` returns; `interrupted` after a stop request, and (reason "given-up")
/// when the person gave up.
Result<Token> request_interactively(SignInQuestion question, const AskPerson& ask,
                                    const std::function<Result<Token>(SignInAnswer)>& send,
                                    std::stop_token stop = {});

/// RFC 6749 s4.3, with the record's scope, resource and parameters, and behind these the answer's factors.
PasswordGrant password_grant(const SessionRecord& wanted, SignInAnswer answer);

/// What an InteractiveSignIn is to do.
struct SignInOptions {
  SessionRecord wanted = {};              ///< with a user name: nobody else may sign in
  bool replace = false;                   ///< see SignIn::prepare
  SessionOptions session = {};            ///< as SignIn::prepare takes them
  std::vector<std::string> factors = {};  ///< see SignInQuestion
  int attempts = 3;                       ///< see SignInQuestion
  /// Makes the grant of an answer, for another grant than that of the password; empty: password_grant.
  std::function<Grant(const SessionRecord& wanted, SignInAnswer answer)> make_grant = {};
  Executor executor = {};  ///< of `run_async`: for `ask` and for `done`
};

/// Signs a person in, who is asked through `ask`: a dialog, a prompt. What can fail without a password fails
/// before the first question. An object is for one thread at a time; signing in may be tried again with the
/// same one.
class InteractiveSignIn {
 public:
  /// Does nothing yet.
  InteractiveSignIn(SignInOptions options, AskPerson ask);
  /// The other one may only be assigned to or destroyed after that.
  InteractiveSignIn(InteractiveSignIn&&) noexcept;
  /// The same.
  InteractiveSignIn& operator=(InteractiveSignIn&&) noexcept;
  ~InteractiveSignIn();

  /// What `run` begins with, for who wants to look at the record in between: endpoints are found then.
  /// Blocks; errors as SignIn::prepare.
  Result<void> prepare(std::stop_token stop = {});
  /// Asks on this thread, waits, sends, keeps the tokens, and returns the token. Blocks; ends within 100 ms
  /// of a stop request, but keeps a token that was issued before it. Errors as request_interactively,
  /// SignIn::prepare and SignIn::request.
  Result<Token> run(std::stop_token stop = {});
  /// The same without blocking, see Executor: `ask` is called through it, too, while the object lives, or
  /// from the library's own thread. Calls run one after another; until `done` is called, nothing else is to
  /// be asked of the object. A stop frees the caller even while a slow store takes the tokens: the error's
  /// reason is "goes-on" then, the tokens are kept behind it, and the next call waits for that.
  void run_async(std::stop_token stop, std::function<void(Result<Token>)> done);
  /// See SignIn::take_unkept_token.
  [[nodiscard]] std::optional<Token> take_unkept_token();
  /// As wanted, and as it became by the last `prepare` or `run`.
  [[nodiscard]] const SessionRecord& record() const noexcept;

 private:
  struct [[gnu::visibility("hidden")]] State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
