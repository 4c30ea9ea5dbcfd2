#include "support/async.hpp"
#include "support/session_world.hpp"

#include <oauth_token/interactive_token_source.hpp>
#include <oauth_token/token_source.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace interactive_token_source_test {

using namespace world;

namespace {

using Answer = std::function<void(Result<SignInAnswer>)>;

// An application with a sign-in dialog.
struct Application {
  World world = {};
  std::vector<SignInQuestion> asked = {};
  std::string password = "secret";
  bool is_open = true;
  std::optional<InteractiveTokenSource> tokens = {};

  explicit Application(const std::function<void(SignInOptions&)>& change = {}) { start(change); }

  void start(const std::function<void(SignInOptions&)>& change = {}) {
    SignInOptions options{.wanted = World::wanted(), .session = world.options()};
    options.wanted.username.clear();
    if (change) change(options);
    tokens.emplace(std::move(options), [this](SignInQuestion question, const Answer& answer) {
      asked.push_back(std::move(question));
      if (is_open) answer(SignInAnswer{.username = "alice", .password = Secret(password)});
    });
  }

  std::string token(const TokenSourceOptions& options = {}, std::stop_token stop = {}) {
    Awaited<Token> awaited;
    tokens->token_async(options, std::move(stop), awaited.done());
    return value(awaited.get());
  }
  std::string sign_out() {
    Awaited<void> awaited;
    tokens->revoke_async({}, awaited.done());
    const auto done = awaited.get();
    return done ? "done" : shown(done.error());
  }
};

}  // namespace

TEST_CASE("a person is asked once; from then on there is a token whenever one is asked for") {
  Application application;
  CHECK(application.tokens->record().username.empty());
  CHECK(application.token() == "at-1");
  CHECK(application.tokens->record().username == "alice");
  CHECK(application.token() == "at-1");
  CHECK(application.token({.renew_now = true}) == "at-2");
  CHECK(application.asked.size() == 1);

  application.start();  // as after the next start of the application
  CHECK(application.token() == "at-2");
  CHECK(application.tokens->record().username == "alice");
  CHECK(application.asked.size() == 1);
}

TEST_CASE("after signing out, and when the session has come to its end, a person is asked again") {
  Application application;
  CHECK(application.token() == "at-1");
  CHECK(application.sign_out() == "done");
  CHECK_FALSE(fs::exists(application.world.state + "/sessions/work.json"));
  CHECK(application.token() == "at-1");
  CHECK(application.asked.size() == 2);

  application.world.expire();
  application.world.server.before_commit = [&] {
    application.world.server.before_commit = nullptr;
    return Server::json(400, R"({"error":"invalid_grant"})");
  };
  CHECK(application.token() == "at-2");
  CHECK(application.asked.size() == 3);
}

TEST_CASE("a wrong password is asked for again, and giving up is no token") {
  Application application;
  application.password = "wrong";
  CHECK(application.token().starts_with("credentials: "));
  CHECK(application.asked.size() == 3);
  CHECK(application.asked.back().refused->code == "invalid_grant");
  application.is_open = false;
  CHECK(application.token() == "interrupted: The sign-in was given up.");
  application.is_open = true;
  application.password = "secret";
  CHECK(application.token() == "at-1");
}

TEST_CASE("a failure that no sign-in mends asks nobody") {
  Application application;
  CHECK(application.token() == "at-1");
  application.world.expire();
  application.world.server.before_commit = [] { return Server::json(503, R"({"error":"server_error"})"); };
  CHECK(application.token().starts_with("server: "));
  application.start();
  application.world.store->before = [](std::string_view) { return std::optional(store_failure()); };
  CHECK(application.token() == "store: The keyring is locked.");
  CHECK(application.asked.size() == 1);
}

TEST_CASE(
    "a session with another server or for something else is replaced only where the application says so") {
  for (const bool replace : {false, true}) {
    Application application;
    CHECK(application.token() == "at-1");
    application.start([&](SignInOptions& options) {
      options.wanted.client.token_endpoint = "https://other.example/token";
      options.replace = replace;
    });
    CHECK(application.token().starts_with(replace ? "at-2" : "usage: Session \"work\" exists already"));
    CHECK(application.asked.size() == (replace ? 2 : 1));
  }
}

TEST_CASE("nobody is signed in: signing out says so") {
  Application application;
  CHECK(application.sign_out() == "reauthenticate: There is no session \"work\".");
  CHECK(application.asked.empty());
}

TEST_CASE("a token that could not be kept is handed over once") {
  Application application;
  application.world.store->before = [](std::string_view verb) {
    return verb == "save" ? std::optional(store_failure()) : std::nullopt;
  };
  CHECK(application.token() == "store: The keyring is locked.");
  const auto token = application.tokens->take_unkept_token();
  REQUIRE(token.has_value());
  CHECK(token->access_token.expose() == "at-1");
  CHECK_FALSE(application.tokens->take_unkept_token().has_value());
}

TEST_CASE("questions and tokens come where the executor says, and a stop ends a question that is open") {
  Window window;
  Application application([&](SignInOptions& options) { options.executor = window.executor(); });
  application.is_open = false;
  std::stop_source stop;
  std::string came;
  application.tokens->token_async({}, stop.get_token(),
                                  [&](const Result<Token>& token) { came = value(token); });
  CHECK(application.asked.empty());
  window.run_one();
  CHECK(application.asked.size() == 1);
  window.run_one();
  CHECK(came == "interrupted: The sign-in was given up.");
}

TEST_CASE("the object may go while a person is asked, from inside the question, too") {
  for (const bool inside : {true, false}) {
    World world;
    Window window;
    SignInOptions options{
        .wanted = World::wanted(), .session = world.options(), .executor = window.executor()};
    std::unique_ptr<InteractiveTokenSource> tokens;
    Answer kept;
    tokens = std::make_unique<InteractiveTokenSource>(std::move(options), [&](SignInQuestion, Answer answer) {
      kept = std::move(answer);
      if (inside) tokens.reset();
    });
    bool called = false;
    tokens->token_async({}, {}, [&](const Result<Token>&) { called = true; });
    window.run_one();
    tokens.reset();
    kept(SignInAnswer{.username = "alice", .password = Secret("secret")});
    CHECK_FALSE(called);
    CHECK(world.server.state().requests == 0);
  }
}

TEST_CASE("a child after fork gets an error") {
  Application application;
  CHECK(application.token() == "at-1");
  const pid_t child = world::start([&] { return application.token().starts_with("usage: ") ? 0 : 1; });
  CHECK(end_of(child) == 0);
  CHECK(application.token() == "at-1");
}

}  // namespace interactive_token_source_test
