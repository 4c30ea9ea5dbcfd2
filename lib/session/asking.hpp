#pragma once

#include "base/async_calls.hpp"
#include "base/callbacks.hpp"
#include "base/own_process.hpp"

#include <oauth_token/interactive_sign_in.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace oauth_token {

/// The same, asked where the executor of `questions` says, and only while that is open and nobody has stopped
/// what the question is for.
AskPerson elsewhere(AskPerson ask, std::shared_ptr<Callbacks> questions, std::stop_token stop);

/// What became of a call, and of which session.
struct Outcome {
  Result<Token> token;
  SessionRecord record;
};

/// What an object holds whose calls may ask a person. `Work` is what they share, since one may go on behind a
/// caller who gave up: it is made of options, `ask` and `questions`, and its `mutex` guards `unkept`.
template <class Work>
struct AskingState {
  AskingState(SignInOptions options, AskPerson ask)
      : questions(std::make_shared<Callbacks>(options.executor)),
        record(options.wanted),
        calls(new AsyncCalls(options.executor)),
        work(new Work{std::move(options), std::move(ask), questions}, DeleteInOwnProcess<Work>()) {}
  AskingState(const AskingState&) = delete;
  AskingState& operator=(const AskingState&) = delete;
  ~AskingState() {
    if (process.is_this()) questions->close();
  }

  /// An error of `call` itself leaves the record as it was.
  void start(std::function<Result<Outcome>(std::stop_token)> call, std::stop_token stop,
             std::function<void(Result<Token>)> done) {
    calls->template start<Outcome>(
        std::move(call), std::move(stop),
        [this, done = std::move(done)](Result<Outcome> outcome) {
          if (!outcome) return done(fail(std::move(outcome.error())));
          record = std::move(outcome->record);
          done(std::move(outcome->token));
        },
        AsyncCalls::Patience::may_be_left_behind);
  }

  std::optional<Token> take_unkept() {
    const std::lock_guard lock(work->mutex);
    return std::exchange(work->unkept, std::nullopt);
  }

  OwnProcess process = {};
  std::shared_ptr<Callbacks> questions;
  SessionRecord record;  // `done` writes it, so it outlives the calls
  OwnedHere<AsyncCalls> calls;
  std::shared_ptr<Work> work;
};

}  // namespace oauth_token
