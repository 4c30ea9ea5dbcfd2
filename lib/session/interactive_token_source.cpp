#include "session/asking.hpp"
#include "session/open_session.hpp"

#include <oauth_token/interactive_token_source.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace oauth_token {
namespace {

SignInOptions copy(const SignInOptions& options) {
  // All members: one more does not compile until it is copied.
  const auto& [wanted, replace, session, factors, attempts, make_grant, executor] = options;
  return {.wanted = wanted,
          .replace = replace,
          .session = oauth_token::copy(session),
          .factors = factors,
          .attempts = attempts,
          .make_grant = make_grant,
          .executor = executor};
}

// What calls share: one of them may go on behind a caller who gave up. They run one after another.
struct SourceWork {
  SignInOptions options;
  AskPerson ask;
  std::shared_ptr<Callbacks> questions;
  std::optional<TokenSource> source = {};
  SessionRecord record = {};
  std::mutex mutex = {};
  std::optional<Token> unkept = {};

  void take_unkept(std::optional<Token> token) {
    if (!token) return;
    const std::lock_guard lock(mutex);
    unkept = std::move(token);
  }

  Result<void> open() {
    if (source) return {};
    auto session = Session::open(options.wanted.name, oauth_token::copy(options.session));
    if (!session) return fail(std::move(session.error()));
    const AskedBinding asked{.client = options.wanted.client,
                             .username = options.wanted.username,
                             .scope = options.wanted.scope,
                             .resource = options.wanted.resource};
    if (auto same = session->check_binding(asked); !same) return same;
    record = session->record();
    source.emplace(std::move(session));
    return {};
  }

  // The server, the client, the user or what the token is for: another session than the one that is there.
  [[nodiscard]] static bool is_for_a_person(const Error& error) {
    return error.error_class == ErrorClass::reauthenticate || error.error_class == ErrorClass::usage;
  }

  Result<Token> token(const TokenSourceOptions& wanted, const std::stop_token& stop) {
    auto opened = open();
    if (!opened && !is_for_a_person(opened.error())) return fail(std::move(opened.error()));
    if (opened) {
      auto token = source->token(wanted, stop);
      take_unkept(source->take_unkept_token());
      if (token || token.error().error_class != ErrorClass::reauthenticate) return token;
    }
    source.reset();
    InteractiveSignIn sign_in(copy(options), elsewhere(ask, questions, stop));
    auto token = sign_in.run(stop);
    take_unkept(sign_in.take_unkept_token());
    if (token) record = sign_in.record();
    return token;
  }

  Result<void> revoke(const std::stop_token& stop) {
    if (auto opened = open(); !opened) return opened;
    auto done = source->revoke(stop);
    if (done) source.reset();
    return done;
  }
};

}  // namespace

struct InteractiveTokenSource::State : AskingState<SourceWork> {
  using AskingState::AskingState;
};

InteractiveTokenSource::InteractiveTokenSource(SignInOptions options, AskPerson ask)
    : state_(std::make_unique<State>(std::move(options), std::move(ask))) {}
InteractiveTokenSource::InteractiveTokenSource(InteractiveTokenSource&&) noexcept = default;
InteractiveTokenSource& InteractiveTokenSource::operator=(InteractiveTokenSource&&) noexcept = default;
InteractiveTokenSource::~InteractiveTokenSource() = default;

void InteractiveTokenSource::token_async(const TokenSourceOptions& options, std::stop_token stop,
                                         std::function<void(Result<Token>)> done) {
  state_->start(
      [work = state_->work, options](const std::stop_token& ending) -> Result<Outcome> {
        auto token = work->token(options, ending);
        if (!token) return fail(std::move(token.error()));
        return Outcome{std::move(token), work->record};
      },
      std::move(stop), std::move(done));
}

void InteractiveTokenSource::revoke_async(std::stop_token stop, std::function<void(Result<void>)> done) {
  state_->calls->start<void>(
      [work = state_->work](const std::stop_token& ending) { return work->revoke(ending); }, std::move(stop),
      std::move(done), AsyncCalls::Patience::may_be_left_behind);
}

std::optional<Token> InteractiveTokenSource::take_unkept_token() { return state_->take_unkept(); }

const SessionRecord& InteractiveTokenSource::record() const noexcept { return state_->record; }

}  // namespace oauth_token
