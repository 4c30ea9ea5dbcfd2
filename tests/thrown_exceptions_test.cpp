#include "support/async.hpp"
#include "support/session_world.hpp"

#include <oauth_token/caller_kept_token.hpp>
#include <oauth_token/client_settings.hpp>
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/server_metadata.hpp>
#include <oauth_token/signing_key.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace thrown_exceptions_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

// What it says must not be seen: it may hold anything.
[[noreturn]] void throw_it() { throw std::runtime_error("with a secret in it"); }

std::string says(const std::string& who, const std::string& error_class = "internal") {
  return error_class + ": The application's " + who + " threw std::runtime_error.";
}

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "no error" : shown(result.error());
}

// The passphrase is "horse".
constexpr const char* encrypted_key =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj+bxGmiUsWaQICA+gw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEAZH/SlNh5i56JN2ImNx0R8EgZBM\n"
    "qtt0elfwy74cydJwAVmr4KYVdHU22FYx3iA04yeTCD+yMATgsTZvqyP0Tqv8mxPV\n"
    "q7+bG0pNCECKCEeYqGwbe43K2TpsKItgZVn+RIFU9r+6EmBIPthx6sZfLdhzn5aA\n"
    "+xJ9jvD1vDFZ5OSTH6F0DQACLZlEDuK8Sw/PIeRy3YcXG1lZKupKZMYadx65j+4=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TokenClientOptions client_options() {
  return {
      .token_endpoint = "https://as.example/token",
      .authentication = NoAuthentication{"app"},
      .transport = [](const HttpRequest&, std::stop_token) {
        return Result<HttpResponse>(Server::json(200, R"({"access_token":"at-1","token_type":"Bearer"})"));
      }};
}

Result<void> makes_client(const std::function<void(ClientSettings&, ClientRunOptions&)>& change) {
  ClientSettings settings = World::wanted().client;
  ClientRunOptions run;
  change(settings, run);
  const auto client = make_client(settings, std::move(run));
  return client ? Result<void>() : fail(client.error());
}

Token request(const TokenClient& client) {
  Awaited<Token> token;
  client.request_async(World::grant(), {}, token.done());
  return token.get().value();
}

AskPerson answering() {
  return [](const SignInQuestion&, const std::function<void(Result<SignInAnswer>)>& answer) {
    answer(SignInAnswer{.username = "alice", .password = Secret("secret")});
  };
}

SignInOptions sign_in_options(World& world) {
  return {.wanted = World::wanted(), .session = world.options()};
}

}  // namespace

TEST_CASE("the source of a passphrase throws: OpenSSL never sees it, and the key can be read afterwards") {
  const Secret text(encrypted_key);
  const auto thrown =
      SigningKey::parse(text, "The key", [](std::stop_token) -> Result<Secret> { throw_it(); });
  CHECK(error_of(thrown) == says("source of the passphrase"));
  const auto read =
      SigningKey::parse(text, "The key", [](std::stop_token) { return Result<Secret>(Secret("horse")); });
  CHECK(error_of(read) == "no error");
}

TEST_CASE("the functions that a client is made with throw") {
  World world;
  write(world.folder.path + "/key.pem", encrypted_key);
  fs::permissions(world.folder.path + "/key.pem", fs::perms(0644));
  const auto with_key = [&](ClientSettings& settings, ClientRunOptions& run) {
    settings.assertion.key = world.folder.path + "/key.pem";
    settings.assertion.audience = "endpoint";
    run.ask_passphrase = [](const std::string&, std::stop_token) { return Result<Secret>(Secret("horse")); };
  };
  CHECK(error_of(makes_client(with_key)) == "no error");
  CHECK(error_of(makes_client([&](ClientSettings& settings, ClientRunOptions& run) {
          with_key(settings, run);
          run.ask_passphrase = [](const std::string&, std::stop_token) -> Result<Secret> { throw_it(); };
        })) == says("source of the passphrase"));
  CHECK(error_of(makes_client([&](ClientSettings& settings, ClientRunOptions& run) {
          with_key(settings, run);
          run.warn = [](const std::string&) { throw_it(); };
        })) == says("function for warnings"));
  CHECK(error_of(makes_client([](ClientSettings&, ClientRunOptions& run) {
          run.decorate = [](const Transport&) -> Transport { throw_it(); };
        })) == says("function that wraps the transport"));
}

TEST_CASE("a transport throws: nobody knows how far the request came, and the next one is as any other") {
  int calls = 0;
  TokenClientOptions options = client_options();
  options.transport = [&calls, works = options.transport](const HttpRequest& request, std::stop_token stop) {
    if (++calls <= 2) throw_it();
    return works(request, std::move(stop));
  };
  const TokenClient client(std::move(options));
  const auto thrown = client.request(World::grant());
  CHECK(error_of(thrown) == says("transport"));
  CHECK(thrown.error().sent == Sent::maybe);
  CHECK_FALSE(thrown.error().retry_safe);
  Awaited<Token> token;
  client.request_async(World::grant(), {}, token.done());
  CHECK(error_of(token.get()) == says("transport"));
  CHECK(request(client).access_token.expose() == "at-1");
}

TEST_CASE("a transport throws during discovery") {
  const auto metadata = discover(
      [](const HttpRequest&, std::stop_token) -> Result<HttpResponse> { throw_it(); }, "https://as.example");
  CHECK(error_of(metadata) == says("transport"));
}

TEST_CASE("the source of a client assertion throws") {
  TokenClientOptions options = client_options();
  options.authentication = ReadyMadeAssertion{"app", [](std::stop_token) -> Result<Secret> { throw_it(); }};
  const TokenClient client(std::move(options));
  CHECK(error_of(client.request(World::grant())) == says("source of the client assertion"));
  CHECK(error_of(client.client_assertion()) == says("source of the client assertion"));
  Awaited<Token> token;
  client.request_async(World::grant(), {}, token.done());
  CHECK(error_of(token.get()) == says("source of the client assertion"));
}

TEST_CASE("an own store throws, whatever it is asked") {
  World world;
  world.sign_in();
  const std::string error = says("own store", "store");
  for (const std::string verb : {"load", "save", "erase", "probe"}) {
    CAPTURE(verb);
    world.store->before = [&](std::string_view asked) -> std::optional<Error> {
      if (asked == verb) throw_it();
      return std::nullopt;
    };
    const std::string renewed = value(world.source().token({.renew_now = true}));
    CHECK((verb == "load" || verb == "save" ? renewed == error : renewed.starts_with("at-")));
    if (verb == "probe") CHECK(error_of(SignIn::prepare(World::wanted(), false, world.options())) == error);
    if (verb == "erase") CHECK(error_of(Session::open("work", world.options())->forget()) == error);
  }
}

TEST_CASE("an own store throws after the refresh: the journal keeps the tokens") {
  World world;
  world.sign_in();
  world.expire();
  world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
    world.store->before = [](std::string_view verb) -> std::optional<Error> {
      if (verb == "save") throw_it();
      return std::nullopt;
    };
    return std::nullopt;
  };
  const auto token = world.source().token();
  CHECK(value(token) == "at-2");
  CHECK(token->warnings.size() == 1);
  world.store->before = nullptr;
  world.server.after_commit = nullptr;
  CHECK(value(world.source().token()) == "at-2");
  CHECK(value(world.source().token({.renew_now = true})) == "at-3");
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("the function for critical parts throws: before it nothing is sent, after it the token counts") {
  for (const bool at_the_beginning : {true, false}) {
    World world;
    world.sign_in();
    world.expire();
    SessionOptions options = world.options();
    options.critical_part = [&](bool begins) {
      if (begins == at_the_beginning) throw_it();
    };
    const std::string renewed = value(TokenSource(Session::open("work", std::move(options))).token());
    CHECK(renewed == (at_the_beginning ? says("function for critical parts") : "at-2"));
    CHECK(world.server.state().refreshes == (at_the_beginning ? 0 : 1));
    CHECK(value(world.source().token()) == "at-2");
  }
}

TEST_CASE("who keeps the refresh token throws: it stays in the journal, and the next one delivers it") {
  World world;
  ClientSettings settings = World::wanted().client;
  const auto run = [&] {
    ClientRunOptions options;
    options.decorate = [&](const Transport&) { return world.server.transport(); };
    return options;
  };
  REQUIRE(make_client(settings, run())->request(World::grant()).has_value());
  bool throws = true;
  std::string delivered;
  const auto renew = [&](bool reads) {
    CallerKeptRefresh refresh{.client = settings};
    refresh.grant.refresh_token = Secret("rt-1");
    refresh.deliver = [&](const Secret& token, std::stop_token) -> Result<void> {
      if (throws) throw_it();
      delivered = token.expose();
      return {};
    };
    if (reads) refresh.read_again = [](std::stop_token) -> Result<Secret> { throw_it(); };
    return renew_for_caller(std::move(refresh), {.state_folder = world.state, .client = run()});
  };
  CHECK(error_of(renew(true)) == says("function that reads the refresh token again"));
  CHECK(world.server.state().refreshes == 0);
  const auto undelivered = renew(false);
  REQUIRE(undelivered.has_value());
  CHECK(shown(undelivered->undelivered.value()) == says("function that takes the new refresh token"));
  throws = false;
  CHECK_FALSE(renew(false).value().undelivered.has_value());
  CHECK(delivered == "rt-2");
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("who asks a person throws: the sign-in ends, and can be tried again") {
  World world;
  bool throws = true;
  const AskPerson ask = [&](SignInQuestion question,
                            const std::function<void(Result<SignInAnswer>)>& answer) {
    if (throws) throw_it();
    answering()(std::move(question), answer);
  };
  Window window;
  for (const bool has_window : {false, true}) {
    CAPTURE(has_window);
    SignInOptions options = sign_in_options(world);
    if (has_window) options.executor = window.executor();
    InteractiveSignIn sign_in(std::move(options), ask);
    throws = true;
    CHECK(error_of(sign_in.run()) == says("function that asks"));
    Awaited<Token> token;
    sign_in.run_async({}, token.done());
    if (has_window) window.run_one();
    if (has_window) window.run_one();
    CHECK(error_of(token.get()) == says("function that asks"));
    throws = false;
    CHECK(error_of(sign_in.run()) == "no error");
  }
}

TEST_CASE("who makes the grant, or sends it, throws") {
  World world;
  SignInOptions options = sign_in_options(world);
  options.make_grant = [](const SessionRecord&, SignInAnswer) -> Grant { throw_it(); };
  CHECK(error_of(InteractiveSignIn(std::move(options), answering()).run()) ==
        says("function that makes the grant"));
  CHECK(error_of(request_interactively({}, answering(), [](SignInAnswer) -> Result<Token> { throw_it(); })) ==
        says("function that sends"));
  CHECK(world.server.state().requests == 0);
}

TEST_CASE("an executor throws: the result comes on the library's own thread") {
  std::atomic<int> asked = 0;
  const Executor executor = [&](const std::function<void()>&) {
    ++asked;
    throw_it();
  };
  TokenClientOptions options = client_options();
  options.executor = executor;
  CHECK(request(TokenClient(std::move(options))).access_token.expose() == "at-1");

  World world;
  SignInOptions with_executor = sign_in_options(world);
  with_executor.executor = executor;
  InteractiveSignIn sign_in(std::move(with_executor), answering());
  Awaited<Token> signed_in;
  sign_in.run_async({}, signed_in.done());
  CHECK(value(signed_in.get()) == "at-1");

  TokenSource source(Session::open("work", world.options()), executor);
  Awaited<Token> token;
  source.token_async({}, {}, token.done());
  CHECK(value(token.get()) == "at-1");
  CHECK(asked == 4);
}

TEST_CASE("a callback throws on the library's own thread: the next ones come all the same") {
  World world;
  world.sign_in();
  std::atomic<int> thrown = 0;
  const auto throws = [&](const Result<Token>&) {
    ++thrown;
    throw_it();
  };
  {
    const TokenClient client(client_options());
    client.request_async(World::grant(), {}, throws);
    CHECK(request(client).access_token.expose() == "at-1");
    TokenSource source = world.source();
    source.token_async({}, {}, throws);
    Awaited<Token> token;
    source.token_async({}, {}, token.done());
    CHECK(value(token.get()) == "at-1");
  }
  CHECK(thrown == 2);
}

TEST_CASE("a callback throws where the executor runs it: it reaches the application's own loop") {
  Window window;
  TokenClientOptions options = client_options();
  options.executor = window.executor();
  {
    const TokenClient client(std::move(options));
    client.request_async(World::grant(), {}, [](const Result<Token>&) { throw_it(); });
    CHECK_THROWS_AS(window.run_one(), std::runtime_error);
  }  // and does not wait for a callback that is over
}

}  // namespace thrown_exceptions_test
