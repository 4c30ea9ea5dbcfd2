#include "protocol/metadata.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/server_metadata.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace metadata_test {

using namespace oauth_token;

namespace {

using Strings = std::vector<std::string>;

/// A server: address to answer; everything else is 404.
struct Server {
  struct Answer {
    int status = 200;
    std::string body = {};
    std::string type = "application/json";
  };
  std::map<std::string, Answer> answers = {};
  Strings asked = {};

  Transport transport() {
    return [this](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      asked.push_back(request.method + " " + request.url);
      CHECK(request.authorization.empty());
      CHECK(request.body.empty());
      CHECK_FALSE(request.sensitive);
      const auto found = answers.find(request.url);
      if (found == answers.end()) return HttpResponse{.status = 404};
      return HttpResponse{.status = found->second.status,
                          .headers = {{"Content-Type", found->second.type}},
                          .body = Secret(found->second.body)};
    };
  }
};

std::string document(std::string_view issuer, std::string_view token_endpoint, std::string_view more = "") {
  return R"({"issuer":")" + std::string(issuer) + R"(","token_endpoint":")" + std::string(token_endpoint) +
         "\"" + std::string(more) + "}";
}

constexpr auto openid = "https://as.example/tenant/.well-known/openid-configuration";
constexpr auto rfc8414 = "https://as.example/.well-known/oauth-authorization-server/tenant";
constexpr auto issuer = "https://as.example/tenant";

std::string class_of(const Result<ServerMetadata>& result) {
  return result ? "found" : std::string(to_string(result.error().error_class));
}

std::string outcome(std::string_view asked_issuer, std::string body, const DiscoveryOptions& options = {}) {
  Server server;
  std::string address(asked_issuer);
  if (address.back() == '/') address.pop_back();
  server.answers[address + "/.well-known/openid-configuration"] = {.body = std::move(body)};
  return class_of(discover(server.transport(), asked_issuer, options));
}

}  // namespace

TEST_CASE("OpenID Connect's address appends to the path, RFC 8414's is inserted before it") {
  const auto addresses = [](const char* text) {
    const auto both = protocol::metadata_addresses(*parse_url(text));
    return Strings{both[0], both[1]};
  };
  CHECK(addresses("https://as.example") ==
        Strings{"https://as.example/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server"});
  CHECK(addresses("https://as.example/") == addresses("https://as.example"));
  CHECK(addresses("https://as.example:8443/a/b/") ==
        Strings{"https://as.example:8443/a/b/.well-known/openid-configuration",
                "https://as.example:8443/.well-known/oauth-authorization-server/a/b"});
}

TEST_CASE("the document of OpenID Connect is read whole") {
  Server server;
  const std::string body = document(
      issuer, "https://as.example/tenant/token",
      R"(,"introspection_endpoint":"https://as.example/i")"
      R"(,"revocation_endpoint":"https://as.example/r")"
      R"(,"token_endpoint_auth_methods_supported":["client_secret_post","none"])"
      R"(,"grant_types_supported":["password"])"
      R"(,"mtls_endpoint_aliases":{"token_endpoint":"https://mtls.example/t",)"
      R"("introspection_endpoint":"https://mtls.example/i","revocation_endpoint":"https://mtls.example/r"})");
  server.answers[openid] = {.body = body};
  const auto metadata = discover(server.transport(), issuer);
  REQUIRE(metadata);
  CHECK(server.asked == Strings{std::string("GET ") + openid});
  CHECK(metadata->issuer == issuer);
  CHECK(metadata->token_endpoint == "https://as.example/tenant/token");
  CHECK(metadata->introspection_endpoint == "https://as.example/i");
  CHECK(metadata->revocation_endpoint == "https://as.example/r");
  CHECK(metadata->token_endpoint_auth_methods == Strings{"client_secret_post", "none"});
  CHECK(metadata->grant_types == Strings{"password"});
  CHECK(metadata->mtls_token_endpoint == "https://mtls.example/t");
  CHECK(metadata->mtls_introspection_endpoint == "https://mtls.example/i");
  CHECK(metadata->mtls_revocation_endpoint == "https://mtls.example/r");
  CHECK(metadata->json == body);
}

TEST_CASE("what a document does not say is absent") {
  Server server;
  server.answers[openid] = {.body = document(issuer, "https://as.example/token")};
  const auto metadata = discover(server.transport(), issuer);
  REQUIRE(metadata);
  CHECK(metadata->revocation_endpoint.empty());
  CHECK_FALSE(metadata->token_endpoint_auth_methods);
  CHECK_FALSE(metadata->grant_types);
}

TEST_CASE("aliases for clients with a certificate may name only some endpoints, or be unreadable") {
  for (const char* const aliases : {R"({"revocation_endpoint":"https://mtls.example/r"})", R"({})", R"([])",
                                    R"("https://mtls.example")", R"({"token_endpoint":7})", "null"}) {
    CAPTURE(aliases);
    Server server;
    server.answers[openid] = {.body = document(issuer, "https://as.example/token",
                                               std::string(R"(,"mtls_endpoint_aliases":)") + aliases)};
    const auto metadata = discover(server.transport(), issuer);
    REQUIRE(metadata);
    CHECK(metadata->mtls_token_endpoint.empty());
    CHECK(metadata->mtls_introspection_endpoint.empty());
  }
}

TEST_CASE("after a 404, a redirect or a web page the second address is asked") {
  for (const Server::Answer& first : {Server::Answer{.status = 404},
                                      {.status = 302},
                                      {.status = 401},
                                      {.body = "<html>", .type = "text/html"},
                                      {.body = "{}"},
                                      {.body = R"({"issuer":"https://as.example/tenant"})"}}) {
    CAPTURE(first.status);
    CAPTURE(first.body);
    Server server;
    server.answers[openid] = first;
    server.answers[rfc8414] = {.body = document(issuer, "https://as.example/token")};
    CHECK(discover(server.transport(), issuer));
    CHECK(server.asked == Strings{std::string("GET ") + openid, std::string("GET ") + rfc8414});
  }
}

TEST_CASE("without a document the error names both answers") {
  Server server;
  server.answers[openid] = {.status = 302};
  const auto metadata = discover(server.transport(), issuer);
  REQUIRE_FALSE(metadata);
  CHECK(metadata.error().error_class == ErrorClass::protocol);
  CHECK(
      metadata.error().message ==
      "The issuer \"https://as.example/tenant\" publishes no metadata that name a token endpoint (HTTP 302, "
      "then 404).");
}

TEST_CASE("an outage ends the search") {
  for (const int status : {429, 500, 503}) {
    Server server;
    server.answers[openid] = {.status = status};
    const auto metadata = discover(server.transport(), issuer);
    CHECK(class_of(metadata) == (status == 429 ? "rate-limited" : "server"));
    CHECK(metadata.error().retry_safe);
    CHECK(server.asked.size() == 1);
  }
  const Transport broken = [](const HttpRequest&, std::stop_token) -> Result<HttpResponse> {
    return fail(Error{.error_class = ErrorClass::network, .message = "No route.", .sent = Sent::maybe});
  };
  const auto metadata = discover(broken, issuer);
  CHECK(class_of(metadata) == "network");
  CHECK(metadata.error().retry_safe);
}

TEST_CASE("the issuer in the document must be the one that was asked, but for one final slash") {
  const std::string endpoint = "https://as.example/token";
  CHECK(outcome("https://as.example/tenant", document("https://as.example/tenant/", endpoint)) == "found");
  CHECK(outcome("https://as.example/tenant/", document("https://as.example/tenant", endpoint)) == "found");
  for (const char* const other :
       {"https://as.example", "https://AS.example/tenant", "https://evil.example/tenant",
        "https://as.example/tenant//", "http://as.example/tenant", "https://as.example:443/tenant"})
    CHECK(outcome("https://as.example/tenant", document(other, endpoint)) == "protocol");
  Server server;
  server.answers[openid] = {.body = document("https://evil.example", endpoint)};
  const auto metadata = discover(server.transport(), issuer);
  REQUIRE_FALSE(metadata);
  CHECK(
      metadata.error().message ==
      "The metadata names the issuer \"https://evil.example\", but \"https://as.example/tenant\" was asked.");
  CHECK(server.asked.size() == 1);
}

TEST_CASE("endpoints must be https, unless the issuer itself is plain http on this machine") {
  constexpr auto loopback = "http://127.0.0.1:8080";
  CHECK(outcome(issuer, document(issuer, "http://as.example/token")) == "insecure");
  CHECK(outcome(issuer, document(issuer, "http://127.0.0.1/token")) == "insecure");
  CHECK(outcome(issuer, document(issuer, "https://other.example/token")) == "found");
  CHECK(outcome(issuer, document(issuer, "https://as.example/t",
                                 R"(,"revocation_endpoint":"http://as.example/r")")) == "insecure");
  for (const std::string name : {"token", "introspection", "revocation"})
    CHECK(outcome(issuer, document(issuer, "https://as.example/t",
                                   R"(,"mtls_endpoint_aliases":{")" + name +
                                       R"(_endpoint":"http://mtls.example/"})")) == "insecure");
  CHECK(outcome(loopback, document(loopback, "http://127.0.0.1:8080/token")) == "found");
  CHECK(outcome(loopback, document(loopback, "http://localhost:9090/token")) == "found");
  CHECK(outcome(loopback, document(loopback, "https://as.example/token")) == "found");
  CHECK(outcome(loopback, document(loopback, "http://as.example/token")) == "insecure");
  CHECK(outcome("http://as.example", document("http://as.example", "https://as.example/token")) ==
        "insecure");
  CHECK(outcome("http://as.example", document("http://as.example", "http://as.example/token"),
                {.allow_http = true}) == "found");
}

TEST_CASE("endpoints that are no plain URL are refused") {
  for (const char* const endpoint :
       {"https://user:pw@as.example/token", "https://as.example/token#x", "ftp://as.example/", "/token",
        "javascript:alert(1)", "https://as.example/\\r\\nX: y"}) {
    CAPTURE(endpoint);
    CHECK(outcome(issuer, document(issuer, endpoint)) == "protocol");
  }
}

TEST_CASE("an issuer with a query, a fragment or user information is refused before anything is sent") {
  for (const char* const text :
       {"https://as.example/?a=b", "https://as.example/#a", "https://a:b@as.example", "as.example", ""}) {
    CAPTURE(text);
    Server server;
    CHECK(class_of(discover(server.transport(), text)) == "usage");
    CHECK(server.asked.empty());
  }
}

TEST_CASE("a document that breaks JSON's rules, or is too large, is none") {
  const std::string good = document(issuer, "https://as.example/token");
  CHECK(outcome(issuer, R"({"issuer":"https://as.example/tenant",)" + good.substr(1)) == "protocol");
  CHECK(outcome(issuer, good + "x") == "protocol");
  CHECK(outcome(issuer, good + std::string(1U << 20U, ' ')) == "protocol");
}

}  // namespace metadata_test
