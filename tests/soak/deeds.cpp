#include "desktop.hpp"

#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>

#include <future>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

using namespace oauth_token;
using std::chrono::milliseconds;

namespace {

constexpr unsigned child_seconds = 60;

// A child's, where objects of before refuse.
bool refuses(const TokenClient& before) {
  const auto refused = before.introspect(Secret("token"));
  return !refused && refused.error().error_class == ErrorClass::usage;
}

// The same, where new ones work.
bool works(const ClientSettings& at, milliseconds timeout) {
  const TokenClient own({.token_endpoint = at.token_endpoint,
                         .authentication = NoAuthentication{at.client_id},
                         .timeout = timeout,
                         .transport_options = {.ca_file = at.ca_file, .proxy = at.proxy}});
  std::promise<Result<Token>> promise;
  own.request_async(PasswordGrant{.username = "child", .password = Secret("secret")}, {},
                    [&promise](Result<Token> token) { promise.set_value(std::move(token)); });
  return promise.get_future().get().has_value();
}

}  // namespace

std::stop_token Desktop::perhaps_stopped(double probability, int at_most) {
  if (!chance_.of(probability)) return {};
  std::stop_source stop;
  if (chance_.of(0.1))
    stop.request_stop();
  else
    window_.after(chance_.up_to(at_most), [stop]() mutable { stop.request_stop(); });
  return stop.get_token();
}

Desktop::Account& Desktop::any_account() {
  return accounts_.at(static_cast<std::size_t>(chance_.below(static_cast<int>(accounts_.size()))));
}

Grant Desktop::any_grant() {
  return PasswordGrant{
      .username = "bob", .password = Secret(chance_.of(0.05) ? "wrong" : "secret"), .scope = {"read"}};
}

TokenSourceOptions Desktop::any_options() {
  return {.renew_now = chance_.of(0.4),
          .force = chance_.of(0.3),
          .wait = std::chrono::seconds(chance_.of(0.1) ? 1 : 0)};
}

void Desktop::request() {
  client_->request_async(any_grant(), perhaps_stopped(0.3, 30), calls_.expect<Token>(client_gone_));
}

void Desktop::request_many() {
  for (int i = 0; i < 50; ++i) request();
}

void Desktop::introspect_or_revoke() {
  const Secret token("at-1");
  if (chance_.of(0.5))
    client_->introspect_async(token, {}, perhaps_stopped(0.3, 30), calls_.expect<Secret>(client_gone_));
  else
    client_->revoke_async(token, {}, perhaps_stopped(0.3, 30), calls_.expect<void>(client_gone_));
}

void Desktop::ask_account() {
  auto& account = any_account();
  if (account.waiting >= 5) return;
  ++account.waiting;
  const auto name = account.name;
  account.interactive->token_async(
      any_options(), perhaps_stopped(0.3, 200),
      calls_.expect<Token>(account.interactive_gone, [this, name](const Result<Token>& token) {
        for (auto& each : accounts_)
          if (each.name == name) {
            --each.waiting;
            if (!token && token.error().error_class == ErrorClass::store)
              (void)each.interactive->take_unkept_token();
          }
      }));
}

void Desktop::ask_source() {
  auto& account = any_account();
  account.source->token_async(any_options(), perhaps_stopped(0.3, 200),
                              calls_.expect<Token>(account.source_gone));
}

void Desktop::ask_and_wait() {
  auto& account = any_account();
  worker_.run([this, source = account.source, options = any_options(), stop = perhaps_stopped(0.3, 200),
               client = client_, asks_client = chance_.of(0.2)] {
    const auto token =
        asks_client ? client->request(PasswordGrant{.username = "carol", .password = Secret("secret")}, stop)
                    : source->token(options, stop);
    calls_.count(token);
    if (!asks_client) (void)source->take_unkept_token();
  });
}

void Desktop::sign_out() {
  auto& account = any_account();
  if (chance_.of(0.5))
    account.interactive->revoke_async(perhaps_stopped(0.3, 200),
                                      calls_.expect<void>(account.interactive_gone));
  else
    account.source->revoke_async(perhaps_stopped(0.3, 200), calls_.expect<void>(account.source_gone));
}

void Desktop::welcome_or_forget_guest() {
  if (guests_.empty())
    welcome_guest();
  else
    forget_guest();
}

void Desktop::welcome_guest() {
  const std::string store = chance_.of(0.5) ? "keyring" : "file";
  guests_.push_back(store + "-" + std::to_string(next_guest_++));
  auto record = wanted(guests_.back(), store, false);
  record.username = "bob";
  worker_.run([this, record, stop = perhaps_stopped(0.1, 200),
               grant = std::make_shared<Grant>(any_grant())] {  // a function is copyable
    auto sign_in = SignIn::prepare(record, false, session_options(record.store, false), stop);
    calls_.count(sign_in ? sign_in->request(std::move(*grant), stop) : fail(sign_in.error()));
  });
}

// Whatever came of it: what cannot be removed now is tried again as the next deed of this kind.
void Desktop::forget_guest() {
  const std::string name = guests_.back();
  worker_.run([this, name, by_server = chance_.of(0.5)] {
    auto session = Session::open(name, session_options(name.substr(0, name.find('-')), false));
    Result<void> left;
    if (session) left = by_server ? session->revoke() : session->forget();
    const bool is_gone = !session || left;
    if (!left) calls_.count(left);
    window_.post([this, name, is_gone] {
      if (is_gone) std::erase(guests_, name);
    });
  });
}

// Where another thread was in OpenSSL, its locks are held in the child for ever: new objects are for when all
// others are gone, and with them the renewals that go on behind whoever stopped waiting for them.
void Desktop::fork() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(child_seconds);
    const bool good = client_ ? refuses(*client_) : works(surroundings_.client, surroundings_.timeout);
    ::_exit(good ? 0 : 1);
  }
  ++children_;
  await_child(child);
}

void Desktop::await_child(pid_t child) {
  window_.after(milliseconds(100), [this, child] {
    int status = -1;
    if (::waitpid(child, &status, WNOHANG) == 0) {
      await_child(child);
      return;
    }
    --children_;
    if (status != 0) ++bad_children_;
  });
}

void Desktop::replace_client() {
  *client_gone_ = true;
  client_.reset();
  open_client();
}

void Desktop::replace_interactive() {
  auto& account = any_account();
  *account.interactive_gone = true;
  account.interactive.reset();
  open_interactive(account);
}

// Another thread destroys it, since it may have a renewal to wait for.
void Desktop::replace_source() {
  auto& account = any_account();
  *account.source_gone = true;
  worker_.run([source = std::move(account.source)] {});
  open_source(account);
}
