#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/token_client.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace token_client_test {

using namespace oauth_token;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view token_answer = R"({"access_token":"a","token_type":"Bearer","expires_in":60})";

// Counts what is sent, and answers the same to all.
struct Recorder {
  int status = 200;
  std::string body = std::string(token_answer);
  std::optional<Error> failure = {};
  int requests = 0;
  std::string last_body = {};
  std::string last_url = {};
  Clock::time_point deadline = {};

  Transport transport() {
    return [this](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      ++requests;
      last_body = request.body.expose();
      last_url = request.url;
      deadline = request.deadline;
      if (failure) return fail(*failure);
      return HttpResponse{
          .status = status, .headers = {{"Content-Type", "application/json"}}, .body = Secret(body)};
    };
  }

  TokenClient client(ClientAuthentication authentication = NoAuthentication{"app"},
                     milliseconds timeout = milliseconds(30'000)) {
    return TokenClient({.token_endpoint = "https://as.example/token",
                        .introspection_endpoint = "https://as.example/introspect",
                        .revocation_endpoint = "https://as.example/revoke",
                        .authentication = std::move(authentication),
                        .timeout = timeout,
                        .transport = transport()});
  }
};

Grant password() { return PasswordGrant{.username = "alice", .password = Secret("pw")}; }

// {"alg":"none"} . {"sub":"app"} . x
constexpr std::string_view assertion_text = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.eA";

ReadyMadeAssertion assertion(int* calls = nullptr) {
  return {.client_id = "app", .assertion = [calls](std::stop_token) -> Result<Secret> {
            if (calls != nullptr) ++*calls;
            return Secret(assertion_text);
          }};
}

std::vector<ClientAuthentication> every_authentication() {
  std::vector<ClientAuthentication> all;
  all.emplace_back(NoAuthentication{"app"});
  all.emplace_back(ClientSecretBasic{"app", Secret("s")});
  all.emplace_back(ClientSecretBasic{"app", Secret("s"), BasicEncoding::raw});
  all.emplace_back(ClientSecretPost{"app", Secret("s")});
  all.emplace_back(assertion());
  all.emplace_back(TlsClientAuth{"app"});
  all.emplace_back(SelfSignedTlsClientAuth{"app"});
  return all;
}

Error broken(ErrorClass error_class, Sent sent) {
  return {.error_class = error_class, .message = "It broke.", .sent = sent};
}

}  // namespace

TEST_CASE("one wrong password is one request, whatever the client authentication and the answer") {
  struct Refusal {
    int status;
    const char* body;
  };
  for (const Refusal& refusal : {Refusal{400, R"({"error":"invalid_grant"})"},
                                 {401, R"({"error":"invalid_client"})"},
                                 {401, ""},
                                 {400, R"({"error":"use_dpop_nonce"})"},
                                 {302, ""},
                                 {429, ""},
                                 {503, ""},
                                 {403, ""}})
    for (ClientAuthentication& authentication : every_authentication()) {
      CAPTURE(refusal.status);
      Recorder server{.status = refusal.status, .body = refusal.body};
      const auto result = server.client(std::move(authentication)).request(password());
      REQUIRE_FALSE(result);
      CHECK_FALSE(result.error().retry_safe);
      CHECK(server.requests == 1);
    }
}

TEST_CASE("a connection that breaks is reported once and never tried again") {
  struct Row {
    Sent sent;
    bool password;
    bool refresh;
    bool client_credentials;
  };
  for (const Row& row : {Row{Sent::no, true, true, true}, Row{Sent::maybe, false, false, true}})
    for (const ErrorClass error_class : {ErrorClass::network, ErrorClass::timeout, ErrorClass::interrupted}) {
      CAPTURE(to_string(row.sent));
      const auto is_safe = [&](Grant grant) {
        Recorder server{.failure = broken(error_class, row.sent)};
        const auto result = server.client().request(std::move(grant));
        CHECK(server.requests == 1);
        CHECK(result.error().error_class == error_class);
        return result.error().retry_safe;
      };
      CHECK(is_safe(password()) == row.password);
      CHECK(is_safe(RefreshTokenGrant{.refresh_token = Secret("r")}) == row.refresh);
      CHECK(is_safe(ClientCredentialsGrant{}) == row.client_credentials);
    }
  Recorder server{.failure = broken(ErrorClass::tls, Sent::no)};
  CHECK_FALSE(server.client().request(password()).error().retry_safe);
}

TEST_CASE("the timeout becomes the deadline of the request") {
  Recorder server;
  const auto before = Clock::now();
  REQUIRE(server.client(NoAuthentication{}, milliseconds(5'000)).request(password()));
  CHECK(server.deadline >= before + milliseconds(5'000));
  CHECK(server.deadline <= Clock::now() + milliseconds(5'000));
  REQUIRE(server.client(NoAuthentication{}, milliseconds::max()).request(password()));
  CHECK(server.deadline == Clock::time_point::max());
}

TEST_CASE("the time that an assertion takes counts") {
  Recorder server;
  const ReadyMadeAssertion slow{.client_id = "app", .assertion = [](std::stop_token) -> Result<Secret> {
                                  std::this_thread::sleep_for(milliseconds(20));
                                  return Secret(assertion_text);
                                }};
  const auto before = Clock::now();
  REQUIRE(server.client(slow, milliseconds(5'000)).request(password()));
  CHECK(Clock::now() - before >= milliseconds(20));
  CHECK(server.deadline <= Clock::now() - milliseconds(20) + milliseconds(5'000));
}

TEST_CASE("the grant's secrets are gone when the request returns") {
  Recorder server;
  const TokenClient client = server.client();
  Secret secret("correct horse battery staple");
  const char* const where = secret.expose().data();
  Grant grant = PasswordGrant{.username = "alice", .password = std::move(secret)};
  std::string seen;
  // The argument of this lambda ends after the request has returned, as a caller's may.
  const auto request = [&](Grant given) {
    const auto token = client.request(std::move(given));
    seen = std::string(where, 4);
    return token.has_value();
  };
  CHECK(request(std::move(grant)));
  CHECK(seen == std::string(4, '\0'));
}

TEST_CASE("a stop request reaches the transport") {
  std::stop_source stop;
  stop.request_stop();
  TokenClient client({.token_endpoint = "https://as.example/token",
                      .transport = [](const HttpRequest&, std::stop_token token) -> Result<HttpResponse> {
                        return fail(token.stop_requested() ? ErrorClass::interrupted : ErrorClass::internal,
                                    "x");
                      }});
  CHECK(client.request(password(), stop.get_token()).error().error_class == ErrorClass::interrupted);
}

TEST_CASE("the assertion is asked for once for each request") {
  Recorder server;
  int calls = 0;
  const TokenClient client = server.client(assertion(&calls));
  REQUIRE(client.request(password()));
  CHECK(server.last_body.find("client_assertion=" + std::string(assertion_text)) != std::string::npos);
  REQUIRE(client.request(ClientCredentialsGrant{}));
  CHECK(calls == 2);
  CHECK(server.requests == 2);
}

TEST_CASE("nothing is sent with an assertion that is refused, absent or cannot be had") {
  Recorder server;
  const auto outcome = [&](std::function<Result<Secret>(std::stop_token)> source) {
    const auto result = server.client(ReadyMadeAssertion{.client_id = "app", .assertion = std::move(source)})
                            .request(password());
    REQUIRE_FALSE(result);
    CHECK(result.error().sent == Sent::no);
    return result.error().error_class;
  };
  CHECK(outcome([](std::stop_token) { return Result<Secret>(Secret("no JWT")); }) == ErrorClass::config);
  CHECK(outcome([](std::stop_token) -> Result<Secret> { return fail(ErrorClass::timeout, "slow"); }) ==
        ErrorClass::timeout);
  CHECK(outcome({}) == ErrorClass::config);
  CHECK(server.requests == 0);
}

TEST_CASE("nothing is sent for a request that makes no sense, or without an endpoint") {
  Recorder server;
  CHECK(server.client().request(PasswordGrant{.username = "alice"}).error().error_class == ErrorClass::usage);
  const TokenClient nowhere({.transport = server.transport()});
  CHECK(nowhere.request(password()).error().error_class == ErrorClass::config);
  CHECK(nowhere.introspect(Secret("t")).error().error_class == ErrorClass::config);
  CHECK(nowhere.revoke(Secret("t")).error().error_class == ErrorClass::config);
  CHECK(server.requests == 0);
}

TEST_CASE("a client that proves itself by a certificate and has none sends nothing") {
  for (const bool self_signed : {false, true}) {
    TokenClientOptions options{.token_endpoint = "http://127.0.0.1:1/",
                               .introspection_endpoint = "http://127.0.0.1:1/",
                               .authentication = TlsClientAuth{"app"}};
    if (self_signed) options.authentication = SelfSignedTlsClientAuth{"app"};
    const TokenClient client(std::move(options));
    const auto token = client.request(password());
    REQUIRE_FALSE(token);
    CHECK(token.error().error_class == ErrorClass::config);
    CHECK(token.error().sent == Sent::no);
    CHECK_FALSE(client.introspect(Secret("at")));
  }
}

TEST_CASE("a moved client still works") {
  Recorder server;
  TokenClient first = server.client();
  const TokenClient second = std::move(first);
  CHECK(second.request(password()));
}

TEST_CASE("introspection and revocation go to their own endpoints") {
  Recorder server{.body = R"({"active":true,"sub":"alice"})"};
  const TokenClient client = server.client();
  const auto answer = client.introspect(Secret("tok"), "access_token");
  REQUIRE(answer);
  CHECK(answer->expose() == R"({"active":true,"sub":"alice"})");
  CHECK(server.last_url == "https://as.example/introspect");
  CHECK(server.last_body == "token=tok&token_type_hint=access_token&client_id=app");
  CHECK(client.revoke(Secret("tok"), "refresh_token"));
  CHECK(server.last_url == "https://as.example/revoke");
  CHECK(server.last_body == "token=tok&token_type_hint=refresh_token&client_id=app");
  CHECK(server.requests == 2);
}

TEST_CASE("a token that could not be revoked, and one whose revocation may be repeated") {
  Recorder server{.status = 503, .body = ""};
  const auto result = server.client().revoke(Secret("tok"));
  REQUIRE_FALSE(result);
  CHECK(result.error().error_class == ErrorClass::server);
  CHECK(result.error().retry_safe);
  CHECK(server.requests == 1);
}

TEST_CASE("many threads may ask at once") {
  TokenClient client({.token_endpoint = "https://as.example/token",
                      .authentication = ClientSecretBasic{"app", Secret("s")},
                      .transport = [](const HttpRequest&, std::stop_token) -> Result<HttpResponse> {
                        return HttpResponse{.status = 200,
                                            .headers = {{"Content-Type", "application/json"}},
                                            .body = Secret(token_answer)};
                      }});
  std::vector<std::thread> threads;
  std::atomic<int> tokens{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k)
        if (client.request(password())) ++tokens;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(tokens == 800);
}

}  // namespace token_client_test
