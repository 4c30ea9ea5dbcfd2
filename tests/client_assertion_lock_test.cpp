#include "base/folder.hpp"
#include "session/before_lock.hpp"
#include "session/lock.hpp"
#include "support/session_world.hpp"

#include <oauth_token/caller_kept_token.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace client_assertion_lock_test {

using namespace world;
using namespace std::chrono_literals;

// Client assertions that a command makes: it runs before any lock is taken, so nobody waits for it.

namespace {

constexpr const char* jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.eA";  // {"alg":"none"}.{"sub":"app"}

// Succeeds only while no lock of the state folder is held.
std::string only_without_locks(const World& world) {
  return "cd '" + world.state +
         "/locks' && for lock in *.lock; do flock -n \"$lock\" true || exit 9; done; " + "printf " + jwt;
}

struct Signer {
  World world;
  std::string script = world.folder.path + "/assertion";

  Signer() {
    makes(std::string("printf ") + jwt);
    world.sign_in();  // so that there are locks
  }
  void makes(const std::string& line) const { write(script, "echo >>'" + script + ".runs'\n" + line + "\n"); }
  [[nodiscard]] std::size_t runs() const { return content(script + ".runs").size(); }

  [[nodiscard]] SessionRecord wanted() const {
    SessionRecord record = World::wanted("signed");
    record.client.client_auth = "private_key_jwt";
    record.client.client_assertion = SecretCommand{"sh '" + script + "'"};
    return record;
  }
  Result<Token> sign_in() {
    auto prepared = SignIn::prepare(wanted(), false, world.options());
    if (!prepared) return fail(prepared.error());
    return prepared->request(World::grant());
  }
  Result<Token> renew() { return world.source("signed").token({.renew_now = true}); }
};

}  // namespace

TEST_CASE("an assertion command that wants the locks itself gets them, whatever it is run for") {
  Signer signer;
  CHECK(signer.sign_in().has_value());
  signer.makes(only_without_locks(signer.world));
  CHECK(value(signer.sign_in()) == "at-3");
  CHECK(value(signer.renew()) == "at-4");
  CHECK(signer.world.server.body.find("client_assertion=" + std::string(jwt)) != std::string::npos);
  CallerKeptRefresh refresh{.client = signer.wanted().client, .grant = {.refresh_token = Secret("rt-4")}};
  CallerKeptOptions options{.state_folder = signer.world.state};
  options.client.decorate = signer.world.options().client.decorate;
  CHECK(renew_for_caller(std::move(refresh), std::move(options)).has_value());
  CHECK(Session::open("signed", signer.world.options())->revoke().has_value());
  CHECK(signer.runs() == 6);  // one for each request: revoking is two
}

TEST_CASE("while an assertion command takes its time, another process renews") {
  Signer signer;
  REQUIRE(signer.sign_in().has_value());
  const std::string go = signer.script + ".go";
  signer.makes("mkdir '" + signer.script + ".first' 2>/dev/null && until [ -e '" + go +
               "' ]; do sleep 0.01; done\n" + "printf " + jwt);
  const pid_t slow = start([&] { return value(signer.renew()) == "at-3" ? 0 : 1; });
  while (!fs::exists(signer.script + ".first")) std::this_thread::sleep_for(1ms);
  CHECK(value(signer.renew()) == "at-3");
  write(go, "");
  CHECK(end_of(slow) == 0);
  CHECK(signer.world.server.state().refreshes == 1);
}

TEST_CASE("an assertion that expires while waiting for the lock is not sent: a fresh one is") {
  Signer signer;
  REQUIRE(signer.sign_in().has_value());
  const std::string expiry = signer.script + ".expiry";
  // {"sub":"app","exp":N}, then one without an end.
  signer.makes("[ ! -e '" + expiry + "' ] || { printf " + jwt + "; exit; }\n" +
               "exp=$(($(date +%s) + 5)); printf %s \"$exp\" >'" + expiry + ".new'\n" +
               "printf 'eyJhbGciOiJub25lIn0.%s.eA' \"$(printf '{\"sub\":\"app\",\"exp\":%s}' \"$exp\" | "
               "base64 -w0 | tr -d =)\"\n" +
               "mv '" + expiry + ".new' '" + expiry + "'");
  const std::size_t before = signer.runs();
  auto lock = lock_session(Folder::open(signer.world.state).value(), signer.world.record("signed").id,
                           "signed", std::chrono::steady_clock::now() + 60s, {});
  REQUIRE(lock.has_value());
  std::string renewed;
  std::jthread waiter([&] { renewed = value(signer.renew()); });
  while (!fs::exists(expiry)) std::this_thread::sleep_for(1ms);
  const std::chrono::sys_seconds end(std::chrono::seconds(std::stoll(content(expiry))));
  std::this_thread::sleep_until(end + 10ms);
  { const Lock given_back = std::move(*lock); }
  waiter.join();
  CHECK(renewed == "at-3");
  CHECK(signer.runs() - before == 2);
  CHECK(signer.world.server.body.find("client_assertion=" + std::string(jwt)) != std::string::npos);
  CHECK(signer.world.server.state().refreshes == 1);
}

TEST_CASE("three assertions that expire are enough: the error says what to change, and nothing was sent") {
  int made = 0;
  const TokenClient client(
      {.authentication = ReadyMadeAssertion{.client_id = "app", .assertion = [&](std::stop_token) {
                                              ++made;
                                              return Result<Secret>(Secret(jwt));
                                            }}});
  CHECK(TokenClientAccess::check_still_valid(client, Secret(jwt)).has_value());
  const auto done = with_assertions(client, 1, {}, [&](const std::vector<Secret>&) {
    // {"sub":"app","exp":1}
    return TokenClientAccess::check_still_valid(
        client, Secret("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAiLCJleHAiOjF9.eA"));
  });
  CHECK(shown(done.error()) ==
        "config: The client assertion expired before it was its turn; nothing was sent.");
  CHECK(made == 3);
}

TEST_CASE("the repetition carries the same assertion; a server that takes it only once is told apart") {
  Signer signer;
  REQUIRE(signer.sign_in().has_value());
  const std::size_t before = signer.runs();
  std::vector<std::string> bodies;
  signer.world.server.before_commit = [&] {
    bodies.push_back(signer.world.server.body);
    if (bodies.size() == 1)
      return Result<HttpResponse>(fail(Error{
          .error_class = ErrorClass::network, .message = "Cut.", .reason = "closed", .sent = Sent::maybe}));
    return Result<HttpResponse>(Server::json(401, R"({"error":"invalid_client"})"));
  };
  const auto refused = signer.renew();
  REQUIRE(bodies.size() == 2);
  CHECK(bodies[0] == bodies[1]);
  CHECK(signer.runs() - before == 1);
  CHECK(refused.error().error_class == ErrorClass::client_auth);
  CHECK(refused.error().message.find("the connection was cut after the refresh token was sent") !=
        std::string::npos);
  CHECK(refused.error().hint.find("run again") != std::string::npos);
  CHECK_FALSE(refused.error().retry_safe);
  // The next run has a fresh one, and the refresh token was not replaced.
  signer.world.server.before_commit = nullptr;
  CHECK(value(signer.world.source("signed").token({.renew_now = true, .force = true})) == "at-3");
}

TEST_CASE("an assertion command that fails or is interrupted costs nothing") {
  Signer signer;
  REQUIRE(signer.sign_in().has_value());
  signer.makes("exit 3");
  CHECK(signer.renew().error().error_class == ErrorClass::config);
  CHECK_FALSE(fs::exists(signer.world.state + "/journal/" + signer.world.record("signed").id + ".next"));
  CHECK_FALSE(signer.world.record("signed").failure.has_value());
  CHECK(signer.world.server.state().refreshes == 0);
}

}  // namespace client_assertion_lock_test
