#include "base/guarded.hpp"
#include "session/asking.hpp"
#include "session/open_session.hpp"

#include <oauth_token/interactive_sign_in.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace oauth_token {
namespace {

// What a sign-in that is under way needs. It shares this, so that `ask` may destroy the object, and so that
// it may go on behind a caller who gave up.
struct SignInWork {
  SignInOptions options;
  AskPerson ask;
  std::shared_ptr<Callbacks> questions;
  std::optional<SignIn> prepared = {};

  std::mutex mutex = {};
  std::condition_variable_any free = {};
  bool is_busy = false;
  std::optional<Token> unkept = {};

  Result<void> prepare(std::stop_token stop);
  Result<Token> run(const AskPerson& asking, const std::stop_token& stop, SessionRecord& record);
  Result<Token> send(SignInAnswer answer, const std::stop_token& stop);
};

// After what still goes on behind somebody.
class Turn {
 public:
  Turn(SignInWork& work, const std::stop_token& stop) : work_(work) {
    std::unique_lock lock(work_.mutex);
    has_come_ = work_.free.wait(lock, stop, [&] { return !work_.is_busy; });
    if (has_come_) work_.is_busy = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!has_come_) return;
    {
      const std::lock_guard lock(work_.mutex);
      work_.is_busy = false;
    }
    work_.free.notify_all();
  }
  [[nodiscard]] Result<void> check() const {
    if (has_come_) return {};
    return fail(ErrorClass::interrupted, "Interrupted while the sign-in before this one was ending.");
  }

 private:
  SignInWork& work_;
  bool has_come_ = false;
};

Result<void> SignInWork::prepare(std::stop_token stop) {
  auto made = SignIn::prepare(options.wanted, options.replace, copy(options.session), std::move(stop));
  if (!made) return fail(std::move(made.error()));
  prepared.emplace(std::move(*made));
  return {};
}

Result<Token> SignInWork::run(const AskPerson& asking, const std::stop_token& stop, SessionRecord& record) {
  const Turn turn(*this, stop);
  if (auto come = turn.check(); !come) return fail(std::move(come.error()));
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
  {
    const std::lock_guard lock(mutex);
    unkept = prepared->take_unkept_token();
  }
  prepared.reset();
  return token;
}

Result<Token> SignInWork::send(SignInAnswer answer, const std::stop_token& stop) {
  if (!options.make_grant) return prepared->request(password_grant(options.wanted, std::move(answer)), stop);
  auto grant =
      guarded("function that makes the grant", options.make_grant, options.wanted, std::move(answer));
  if (!grant) return fail(std::move(grant.error()));
  return prepared->request(std::move(*grant), stop);
}

}  // namespace

struct InteractiveSignIn::State : AskingState<SignInWork> {
  using AskingState::AskingState;
};

InteractiveSignIn::InteractiveSignIn(SignInOptions options, AskPerson ask)
    : state_(std::make_unique<State>(std::move(options), std::move(ask))) {}
InteractiveSignIn::InteractiveSignIn(InteractiveSignIn&&) noexcept = default;
InteractiveSignIn& InteractiveSignIn::operator=(InteractiveSignIn&&) noexcept = default;
InteractiveSignIn::~InteractiveSignIn() = default;

Result<void> InteractiveSignIn::prepare(std::stop_token stop) {
  if (auto here = state_->process.check(); !here) return here;
  SignInWork& work = *state_->work;
  const Turn turn(work, stop);
  if (auto come = turn.check(); !come) return come;
  auto done = work.prepare(std::move(stop));
  if (done) state_->record = work.prepared->record();
  return done;
}

Result<Token> InteractiveSignIn::run(std::stop_token stop) {
  if (auto here = state_->process.check(); !here) return fail(std::move(here.error()));
  return state_->work->run(state_->work->ask, stop, state_->record);
}

void InteractiveSignIn::run_async(std::stop_token stop, std::function<void(Result<Token>)> done) {
  state_->start(
      [work = state_->work](const std::stop_token& ending) {
        Outcome outcome{.token = Token(), .record = work->options.wanted};
        outcome.token = work->run(elsewhere(work->ask, work->questions, ending), ending, outcome.record);
        return Result<Outcome>(std::move(outcome));
      },
      std::move(stop), std::move(done));
}

std::optional<Token> InteractiveSignIn::take_unkept_token() { return state_->take_unkept(); }

const SessionRecord& InteractiveSignIn::record() const noexcept { return state_->record; }

}  // namespace oauth_token
