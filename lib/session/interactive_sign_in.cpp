#include "base/async_calls.hpp"
#include "base/completion.hpp"
#include "base/guarded.hpp"
#include "base/own_process.hpp"
#include "session/access.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/interactive_sign_in.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

/// The answer to one question, given once and from any thread.
class Awaited {
 public:
  void give(Result<SignInAnswer> answer) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
      answer_.emplace(std::move(answer));
    }
    given_.notify_all();
  }

  Result<SignInAnswer> wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    given_.wait(lock, stop, [&] { return closed_; });
    closed_ = true;  // what comes later is dropped at once
    if (!answer_) return fail(ErrorClass::interrupted, "Interrupted before there was an answer.");
    return std::move(*answer_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any given_;
  bool closed_ = false;
  std::optional<Result<SignInAnswer>> answer_;
};

Error given_up() {
  return {
      .error_class = ErrorClass::interrupted, .message = "The sign-in was given up.", .reason = "given-up"};
}

/// What all copies of an `answer` share: the last one that goes gives up.
class Reply {
 public:
  explicit Reply(std::shared_ptr<Awaited> to) : to_(std::move(to)) {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { to_->give(fail(given_up())); }
  void give(Result<SignInAnswer> answer) const { to_->give(std::move(answer)); }

 private:
  std::shared_ptr<Awaited> to_;
};

Result<SignInAnswer> answer_to(const SignInQuestion& question, const AskPerson& ask,
                               const std::stop_token& stop) {
  const auto awaited = std::make_shared<Awaited>();
  auto asked = guarded("function that asks", ask, question,
                       [reply = std::make_shared<Reply>(awaited)](Result<SignInAnswer> answer) {
                         reply->give(std::move(answer));
                       });
  if (!asked) return fail(std::move(asked.error()));
  return awaited->wait(stop);
}

std::string server_to_name(const ClientSettings& client) {
  if (!client.issuer.empty()) return client.issuer;
  const auto url = parse_url(client.token_endpoint);
  return url ? url->origin() : client.token_endpoint;
}

}  // namespace

SignInQuestion sign_in_question(const SessionRecord& wanted) {
  return {.session = wanted.name,
          .server = server_to_name(wanted.client),
          .client_id = wanted.client.client_id,
          .username = wanted.username,
          .username_is_fixed = !wanted.username.empty()};
}

Result<Token> request_interactively(SignInQuestion question, const AskPerson& ask,
                                    const std::function<Result<Token>(SignInAnswer)>& send,
                                    std::stop_token stop) {
  if (!ask) return fail(ErrorClass::usage, "There is no way to ask for the password.");
  for (;;) {
    if (stop.stop_requested()) return fail(ErrorClass::interrupted, "Interrupted.");
    auto answer = answer_to(question, ask, stop);
    if (!answer) return fail(std::move(answer.error()));
    if (question.username_is_fixed)
      answer->username = question.username;
    else
      question.username = answer->username;
    auto token = guarded("function that sends", send, std::move(*answer));
    const bool again = !token && token.error().error_class == ErrorClass::credentials &&
                       question.attempt < question.attempts;
    if (!again) return token;
    question.refused = std::move(token.error());
    ++question.attempt;
  }
}

PasswordGrant password_grant(const SessionRecord& wanted, SignInAnswer answer) {
  PasswordGrant grant{.username = std::move(answer.username),
                      .password = std::move(answer.password),
                      .scope = wanted.scope,
                      .resource = wanted.resource};
  for (const auto& [name, value] : wanted.parameters)
    grant.extra.push_back({.name = name, .value = Secret(value)});
  for (Parameter& factor : answer.factors) grant.extra.push_back(std::move(factor));
  return grant;
}

namespace {

// What a sign-in that is under way needs. It shares this, so that `ask` may destroy the object.
struct Work {
  SignInOptions options;
  AskPerson ask;
  SessionRecord record = {};
  std::optional<SignIn> prepared = {};
  std::optional<Token> unkept = {};

  Result<void> prepare(std::stop_token stop);
  Result<Token> run(const AskPerson& asking, const std::stop_token& stop);
  Result<Token> send(SignInAnswer answer, const std::stop_token& stop);
};

Result<void> Work::prepare(std::stop_token stop) {
  auto made = SignIn::prepare(options.wanted, options.replace, copy(options.session), std::move(stop));
  if (!made) return fail(std::move(made.error()));
  prepared.emplace(std::move(*made));
  record = prepared->record();
  return {};
}

Result<Token> Work::run(const AskPerson& asking, const std::stop_token& stop) {
  if (!prepared) {
    if (auto done = prepare(stop); !done) return fail(std::move(done.error()));
  }
  SignInQuestion question = sign_in_question(options.wanted);
  question.factors = options.factors;
  question.attempts = options.attempts;
  auto token = request_interactively(
      std::move(question), asking, [&](SignInAnswer answer) { return send(std::move(answer), stop); }, stop);
  // Another try begins anew: much may have happened since this one was prepared.
  record = prepared->record();
  unkept = prepared->take_unkept_token();
  prepared.reset();
  return token;
}

Result<Token> Work::send(SignInAnswer answer, const std::stop_token& stop) {
  if (!options.make_grant) return prepared->request(password_grant(options.wanted, std::move(answer)), stop);
  auto grant =
      guarded("function that makes the grant", options.make_grant, options.wanted, std::move(answer));
  if (!grant) return fail(std::move(grant.error()));
  return prepared->request(std::move(*grant), stop);
}

/// The same, asked where the executor says, and only while `questions` is open.
AskPerson elsewhere(const AskPerson& ask, const std::shared_ptr<Callbacks>& questions) {
  return [ask, questions](SignInQuestion question, std::function<void(Result<SignInAnswer>)> answer) {
    std::make_shared<Completion<SignInQuestion>>(questions, [ask, answer = std::move(answer)](
                                                                Result<SignInQuestion> one) {
      if (auto asked = guarded("function that asks", ask, std::move(*one), answer); !asked)
        answer(fail(std::move(asked.error())));
    })->finish(std::move(question));
  };
}

}  // namespace

struct InteractiveSignIn::State {
  State(SignInOptions options, AskPerson ask)
      : questions(std::make_shared<Callbacks>(options.executor)),
        calls(new AsyncCalls(options.executor)),
        work(new Work{std::move(options), std::move(ask)}, DeleteInOwnProcess<Work>()) {
    work->record = work->options.wanted;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (process.is_this()) questions->close();
  }

  OwnProcess process = {};
  std::shared_ptr<Callbacks> questions;
  OwnedHere<AsyncCalls> calls;
  std::shared_ptr<Work> work;
};

InteractiveSignIn::InteractiveSignIn(SignInOptions options, AskPerson ask)
    : state_(std::make_unique<State>(std::move(options), std::move(ask))) {}
InteractiveSignIn::InteractiveSignIn(InteractiveSignIn&&) noexcept = default;
InteractiveSignIn& InteractiveSignIn::operator=(InteractiveSignIn&&) noexcept = default;
InteractiveSignIn::~InteractiveSignIn() = default;

Result<void> InteractiveSignIn::prepare(std::stop_token stop) {
  if (auto here = state_->process.check(); !here) return here;
  return state_->work->prepare(std::move(stop));
}

Result<Token> InteractiveSignIn::run(std::stop_token stop) {
  if (auto here = state_->process.check(); !here) return fail(std::move(here.error()));
  return state_->work->run(state_->work->ask, stop);
}

void InteractiveSignIn::run_async(std::stop_token stop, std::function<void(Result<Token>)> done) {
  const auto& work = state_->work;
  state_->calls->start<Token>([work, ask = elsewhere(work->ask, state_->questions)](
                                  const std::stop_token& ending) { return work->run(ask, ending); },
                              std::move(stop), std::move(done));
}

std::optional<Token> InteractiveSignIn::take_unkept_token() {
  return std::exchange(state_->work->unkept, std::nullopt);
}

const SessionRecord& InteractiveSignIn::record() const noexcept { return state_->work->record; }

}  // namespace oauth_token
