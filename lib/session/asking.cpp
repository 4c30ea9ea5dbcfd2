#include "session/asking.hpp"

#include "base/guarded.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/text.hpp>

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
    // A question that was not shown after a stop request gives up, too, and perhaps first.
    if (!answer_ || (!*answer_ && stop.stop_requested()))
      return fail(ErrorClass::interrupted, "Interrupted before there was an answer.");
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

AskPerson elsewhere(AskPerson ask, std::shared_ptr<Callbacks> questions, std::stop_token stop) {
  return [ask = std::move(ask), questions = std::move(questions), stop = std::move(stop)](
             SignInQuestion question, std::function<void(Result<SignInAnswer>)> answer) {
    std::make_shared<Callback<SignInQuestion>>(questions, [ask, stop, answer = std::move(answer)](
                                                              Result<SignInQuestion> one) {
      if (stop.stop_requested()) return;
      if (auto asked = guarded("function that asks", ask, std::move(*one), answer); !asked)
        answer(fail(std::move(asked.error())));
    })->finish(std::move(question));
  };
}

std::string words_for_person(const Error& error) {
  if (error.description.empty()) return error.message;
  const std::string said = escape_for_terminal(error.description);
  return error.message + " The server says: " + said + (said.ends_with('.') ? "" : ".");
}

std::string words_for_person(const SignInQuestion& question) {
  if (!question.refused) return "Sign in at " + escape_for_terminal(question.server) + ".";
  return words_for_person(*question.refused) + " Attempt " + std::to_string(question.attempt) + " of " +
         std::to_string(question.attempts) + ".";
}

}  // namespace oauth_token
