#include "base/base64.hpp"
#include "protocol/client_assertion.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace signed_assertion_test {

using namespace oauth_token;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds moment{1'700'000'000s};
constexpr std::string_view endpoint = "https://as.example/token";

std::string decoded(std::string_view part) {
  SecretBuffer text;
  REQUIRE(append_base64_decoded(text, part, Base64::url));
  return std::string(text.expose());
}

struct Parts {
  std::string header;
  std::string claims;
};

Parts parts_of(std::string_view jwt) {
  const std::size_t first = jwt.find('.');
  const std::size_t second = jwt.find('.', first + 1);
  REQUIRE(second != std::string_view::npos);
  return {decoded(jwt.substr(0, first)), decoded(jwt.substr(first + 1, second - first - 1))};
}

template <class Client>
Parts made(const Client& client, std::string_view url = endpoint) {
  const auto jwt = protocol::client_assertion(client, {.url = url, .now = moment, .jti = "one"});
  if (!jwt) FAIL(jwt.error().message);
  return parts_of(jwt->expose());
}

template <class Client>
std::string refused(const Client& client) {
  const auto jwt = protocol::client_assertion(client, {.url = endpoint, .now = moment, .jti = "one"});
  if (jwt) return "made";
  CHECK_FALSE(jwt.error().hint.empty());
  return std::string(to_string(jwt.error().error_class));
}

const SigningKey& es256() {
  static const SigningKey key = SigningKey::generate("ES256").value();
  return key;
}

constexpr std::string_view long_secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

ClientSecretJwt with_secret(AssertionOptions options = {}, std::string_view secret = long_secret) {
  return {.client_id = "app", .client_secret = Secret(secret), .assertion = std::move(options)};
}

PrivateKeyJwt with_key(AssertionOptions options = {}) {
  return {.client_id = "app", .key = es256(), .assertion = std::move(options)};
}

const std::string usual_claims =
    R"({"iss":"app","sub":"app","aud":"https://as.example/token","iat":1700000000,"exp":1700000060,"jti":"one"})";

}  // namespace

TEST_CASE("an assertion of our own says who, for whom, when and until when, and nothing else") {
  const Parts by_secret = made(with_secret());
  CHECK(by_secret.header == R"({"alg":"HS256","typ":"JWT"})");
  CHECK(by_secret.claims == usual_claims);
  const Parts by_key = made(with_key());
  CHECK(by_key.header == R"({"alg":"ES256","typ":"JWT"})");
  CHECK(by_key.claims == usual_claims);
}

TEST_CASE("what the caller chooses stands in header and claims") {
  const Parts parts = made(with_key({.algorithm = "ES256",
                                     .key_id = "the key",
                                     .audience = FixedAudience{"https://fixed.example/"},
                                     .lifetime = 300s,
                                     .type = "typ",
                                     .not_before = true}));
  CHECK(parts.header == R"({"alg":"ES256","typ":"typ","kid":"the key"})");
  CHECK(parts.claims == R"({"iss":"app","sub":"app","aud":"https://fixed.example/","iat":1700000000,)"
                        R"("nbf":1700000000,"exp":1700000300,"jti":"one"})");
}

TEST_CASE(
    "the assertion is made for the issuer at the endpoints that it stands for, and for the URL elsewhere") {
  const AssertionOptions options{
      .audience = IssuerAudience{.issuer = "https://as.example", .token_endpoint = std::string(endpoint)}};
  const auto audience = [&](std::string_view url) {
    const Parts parts = made(with_key(options), url);
    const bool for_issuer = parts.claims.find(R"("aud":"https://as.example",)") != std::string::npos;
    CHECK((parts.header.find(R"("typ":"client-authentication+jwt")") != std::string::npos) == for_issuer);
    if (!for_issuer) CHECK(parts.claims.find(R"("aud":")" + std::string(url) + "\"") != std::string::npos);
    return for_issuer;
  };
  CHECK(audience(endpoint));
  CHECK(audience("https://as.example/introspect"));
  CHECK_FALSE(audience("https://mtls.as.example/token"));
  CHECK_FALSE(audience("https://as.example:8443/revoke"));
  const PrivateKeyJwt everywhere = with_key({.audience = IssuerAudience{"https://as.example"}});
  CHECK(made(everywhere, "https://other.example/revoke").claims.find(R"("aud":"https://as.example",)") !=
        std::string::npos);
}

TEST_CASE("a key or secret that does not fit its algorithm is refused before anything is sent") {
  CHECK(refused(with_secret({.algorithm = "RS256"})) == "config");
  CHECK(refused(with_secret({.algorithm = "none"})) == "config");
  CHECK(refused(with_key({.algorithm = "HS256"})) == "config");
  CHECK(refused(with_key({.algorithm = "RS256"})) == "config");
  CHECK(refused(PrivateKeyJwt{.client_id = "app"}) == "config");
  CHECK(refused(with_secret({.lifetime = 301s})) == "config");
  CHECK(refused(with_key({.lifetime = 0s})) == "config");
  const struct {
    const char* algorithm;
    std::size_t least;
  } rows[] = {{"", 32}, {"HS256", 32}, {"HS384", 48}, {"HS512", 64}};
  for (const auto& row : rows) {
    CAPTURE(row.algorithm);
    CHECK(refused(with_secret({.algorithm = row.algorithm}, long_secret.substr(0, row.least - 1))) ==
          "config");
    CHECK(refused(with_secret({.algorithm = row.algorithm}, long_secret.substr(0, row.least))) == "made");
  }
}

TEST_CASE("a thousand assertions have a thousand jti") {
  std::set<std::string> seen;
  const TokenClient client({.token_endpoint = std::string(endpoint), .authentication = with_secret()});
  for (int i = 0; i < 1000; ++i) {
    const auto assertion = client.client_assertion();
    REQUIRE(assertion);
    const std::string claims = parts_of(assertion->expose()).claims;
    const std::size_t at = claims.find(R"("jti":")");
    REQUIRE(at != std::string::npos);
    seen.insert(claims.substr(at + 7, 32));
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("each request carries one fresh assertion made for its own endpoint, and the client id beside it") {
  std::vector<std::string> bodies;
  const Transport transport = [&](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
    bodies.emplace_back(request.body.expose());
    CHECK(request.authorization.empty());
    return HttpResponse{.status = 400};
  };
  const TokenClient client({.token_endpoint = std::string(endpoint),
                            .introspection_endpoint = "https://as.example/introspect",
                            .revocation_endpoint = "https://as.example/revoke",
                            .authentication = with_key(),
                            .transport = transport});
  (void)client.request(PasswordGrant{.username = "alice", .password = Secret("pw")});
  (void)client.request(RefreshTokenGrant{.refresh_token = Secret("rt")});
  (void)client.request(ClientCredentialsGrant{});
  (void)client.introspect(Secret("at"));
  (void)client.revoke(Secret("rt"));
  REQUIRE(bodies.size() == 5);
  std::set<std::string> assertions;
  const std::string_view audiences[] = {endpoint, endpoint, endpoint, "https://as.example/introspect",
                                        "https://as.example/revoke"};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    CAPTURE(bodies[i]);
    const std::string before =
        "&client_id=app&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
        "bearer&"
        "client_assertion=";
    const std::size_t at = bodies[i].find(before);
    REQUIRE(at != std::string::npos);
    const std::string assertion =
        bodies[i].substr(at + before.size(), bodies[i].find('&', at + before.size()) - at - before.size());
    CHECK(parts_of(assertion).claims.find("\"aud\":\"" + std::string(audiences[i]) + "\"") !=
          std::string::npos);
    CHECK(bodies[i].find("client_assertion=", at + before.size()) == std::string::npos);
    assertions.insert(assertion);
  }
  CHECK(assertions.size() == 5);
}

TEST_CASE("a client without an assertion has none to show") {
  const TokenClient client(
      {.token_endpoint = std::string(endpoint), .authentication = ClientSecretBasic{"app", Secret("s")}});
  const auto assertion = client.client_assertion();
  REQUIRE_FALSE(assertion);
  CHECK(assertion.error().error_class == ErrorClass::config);
}

}  // namespace signed_assertion_test
