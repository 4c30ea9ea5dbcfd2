#include "protocol/token_request.hpp"

#include "base/base64.hpp"
#include "protocol/form.hpp"
#include "protocol/token_response.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace token_request_test {

using namespace oauth_token;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

const Secret no_assertion;

Result<HttpRequest> request(const ClientAuthentication& authentication, const Grant& grant,
                            const std::vector<HttpHeader>& headers = {},
                            const Secret& assertion = no_assertion,
                            const std::string& endpoint = "https://as.example/token") {
  return protocol::token_request({endpoint, authentication, assertion, headers}, grant);
}

std::string body(const Result<HttpRequest>& built) {
  REQUIRE(built);
  return std::string(built->body.expose());
}

Pairs decoded(std::string_view form) {
  Pairs pairs;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    SecretBuffer name;
    SecretBuffer value;
    REQUIRE(protocol::append_form_decoded(name, pair.substr(0, pair.find('='))));
    REQUIRE(protocol::append_form_decoded(value, pair.substr(pair.find('=') + 1)));
    pairs.emplace_back(name.expose(), value.expose());
  }
  return pairs;
}

std::string header(const HttpRequest& request, std::string_view name) {
  std::string found;
  for (const HttpHeader& field : request.headers)
    if (field.name == name) found += (found.empty() ? "" : " AND ") + field.value;
  return found;
}

PasswordGrant password_grant(std::string username, std::string_view password,
                             std::vector<std::string> scope = {}) {
  return {.username = std::move(username), .password = Secret(password), .scope = std::move(scope)};
}

Grant with_extra(std::string name, std::string_view value) {
  PasswordGrant grant = password_grant("alice", "pw");
  grant.extra.push_back({std::move(name), Secret(value)});
  return grant;
}

std::optional<ErrorClass> refused(const Result<HttpRequest>& built) {
  if (built) return std::nullopt;
  CHECK_FALSE(built.error().message.empty());
  CHECK(built.error().sent == Sent::no);
  return built.error().error_class;
}

// What the documents give is what comes out, and the headers that matter are there.
void check_headers(const HttpRequest& built, std::string_view authorization) {
  CHECK(built.method == "POST");
  CHECK(header(built, "Content-Type") == "application/x-www-form-urlencoded");
  CHECK(header(built, "Accept") == "application/json");
  CHECK(built.authorization.expose() == authorization);
  CHECK(built.sensitive);
}

Result<Token> answered(std::string_view json, const Grant& grant) {
  static const std::string endpoint = "https://as.example/token";
  static const ClientAuthentication authentication;
  HttpResponse response{
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = Secret(json)};
  return protocol::token_response({endpoint, authentication, no_assertion, {}}, grant, std::move(response),
                                  {.now = std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000))});
}

const ClientSecretBasic& oracle_client() {
  static const ClientSecretBasic client{"clientid", Secret("secret")};
  return client;
}

ClientAuthentication copy(const ClientSecretBasic& basic) {
  return ClientSecretBasic{basic.client_id, basic.client_secret.copy(), basic.encoding};
}

}  // namespace

TEST_CASE("Duende's example: client id and secret in the body") {
  const auto built = request(ClientSecretPost{"client", Secret("secret")}, password_grant("bob", "password"),
                             {}, no_assertion, "https://demo.duendesoftware.com/token");
  REQUIRE(built);
  check_headers(*built, "");
  CHECK(built->url == "https://demo.duendesoftware.com/token");
  Pairs pairs = decoded(body(built));
  std::sort(pairs.begin(), pairs.end());
  CHECK(pairs == Pairs{{"client_id", "client"},
                       {"client_secret", "secret"},
                       {"grant_type", "password"},
                       {"password", "password"},
                       {"username", "bob"}});
}

TEST_CASE("Duende's client library example: the same with a scope") {
  const auto built =
      request(ClientSecretPost{"client", Secret("secret")}, password_grant("bob", "password", {"api1"}), {},
              no_assertion, "https://demo.duendesoftware.com/connect/token");
  CHECK(
      body(built) ==
      "grant_type=password&username=bob&password=password&client_id=client&client_secret=secret&scope=api1");
}

TEST_CASE("Oracle's example with the Authorization header") {
  const auto built =
      request(copy(oracle_client()), password_grant("user-name", "example-password", {"scope-value"}),
              {{"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"}}, no_assertion,
              "https://idcs.example/oauth2/v1/token");
  REQUIRE(built);
  CHECK(built->authorization.expose() == "Basic Y2xpZW50aWQ6c2VjcmV0");
  CHECK(header(*built, "Content-Type") == "application/x-www-form-urlencoded;charset=UTF-8");
  CHECK(body(built) == "grant_type=password&username=user-name&password=example-password&scope=scope-value");
}

TEST_CASE("Oracle's example with the Authorization header that asks for a refresh token") {
  const auto built = request(copy(oracle_client()), password_grant("user-name", "example-password",
                                                                   {"resource-scope", "offline_access"}));
  REQUIRE(built);
  check_headers(*built, "Basic Y2xpZW50aWQ6c2VjcmV0");
  CHECK(body(built) ==
        "grant_type=password&username=user-name&password=example-password&scope=resource-scope%20offline_"
        "access");
}

TEST_CASE("Oracle's example with a JWT client assertion") {
  const Secret assertion("head.claims.signature");
  const auto built = request(ReadyMadeAssertion{.client_id = "client-id"},
                             password_grant("user-name", "example-password", {"scope-value"}), {}, assertion);
  REQUIRE(built);
  check_headers(*built, "");
  CHECK(body(built) ==
        "grant_type=password&username=user-name&password=example-password&client_id=client-id"
        "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        "&client_assertion=head.claims.signature&scope=scope-value");
}

TEST_CASE("Oracle's example with a JWT client assertion that asks for a refresh token") {
  const Secret assertion("head.claims.signature");
  const auto built = request(
      ReadyMadeAssertion{.client_id = "client-id"},
      password_grant("user-name", "example-password", {"resource-scope", "offline_access"}), {}, assertion);
  CHECK(body(built) ==
        "grant_type=password&username=user-name&password=example-password&client_id=client-id"
        "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        "&client_assertion=head.claims.signature&scope=resource-scope%20offline_access");
}

TEST_CASE("Ping's example: a space in the scope, which we write as %20") {
  const auto built = request(ClientSecretBasic{"test1", Secret("passwordpasswordpasswordpassword")},
                             password_grant("user.5", "password", {"email_addresses", "name"}), {},
                             no_assertion, "https://example.com/oauth/token");
  REQUIRE(built);
  check_headers(*built, "Basic dGVzdDE6cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=");
  CHECK(decoded(body(built)) ==
        decoded("grant_type=password&username=user.5&password=password&scope=email_addresses+name"));
  CHECK(body(built) == "grant_type=password&username=user.5&password=password&scope=email_addresses%20name");
}

TEST_CASE("Ping's answer has the documented fields, password_expiring as a boolean") {
  const Grant grant = password_grant("user.5", "password", {"email_addresses", "name"});
  const auto token = answered(
      R"({ "access_token": "eyJraWQiOiJB.eyJzdWIi.maS5H_1N", "expires_in": 43200,
           "scope": "email_addresses name", "token_type": "Bearer", "password_expiring": true })",
      grant);
  REQUIRE(token);
  CHECK(token->access_token.expose() == "eyJraWQiOiJB.eyJzdWIi.maS5H_1N");
  CHECK(token->token_type == "Bearer");
  CHECK(token->lifetime == std::chrono::seconds(43'200));
  CHECK(token->scope == "email_addresses name");
  CHECK(token->refresh_token.empty());
  CHECK(token->extra.expose() == R"({"password_expiring":true})");
  CHECK(token->warnings.empty());
}

TEST_CASE("WSO2's example: consumer key and secret in HTTP Basic") {
  const auto built =
      request(ClientSecretBasic{"wU62DjlyDBnq87GlBwplfqvmAbAa", Secret("ksdSdoefDDP7wpaElfqvmjDue")},
              password_grant("admin", "admin"), {}, no_assertion, "https://localhost:8243/token");
  REQUIRE(built);
  check_headers(*built, "Basic d1U2MkRqbHlEQm5xODdHbEJ3cGxmcXZtQWJBYTprc2RTZG9lZkREUDd3cGFFbGZxdm1qRHVl");
  CHECK(body(built) == "grant_type=password&username=admin&password=admin");
}

TEST_CASE("WSO2's answer has the documented fields") {
  const Grant grant = password_grant("admin", "admin");
  const auto token = answered(R"({
            "scope":"default",
            "token_type":"Bearer",
            "expires_in":3600,
            "refresh_token":"ca5a51f18b2edf4eaa9e4b871e42b58a",
            "access_token":"f2c66f146278aaaf6513b585b5b68d1d"
        })",
                              grant);
  REQUIRE(token);
  CHECK(token->scope == "default");
  CHECK(token->scope_granted);
  CHECK(token->token_type == "Bearer");
  CHECK(token->lifetime == std::chrono::seconds(3600));
  CHECK(token->refresh_token.expose() == "ca5a51f18b2edf4eaa9e4b871e42b58a");
  CHECK(token->access_token.expose() == "f2c66f146278aaaf6513b585b5b68d1d");
  CHECK(token->extra.empty());
}

TEST_CASE("what is left of a secret in a child of fork is not sent") {
  const std::string wiped(8, '\0');
  const auto of_user = request(NoAuthentication{"app"}, password_grant("alice", wiped));
  REQUIRE_FALSE(of_user.has_value());
  CHECK(of_user.error().error_class == ErrorClass::usage);
  CHECK(of_user.error().message == "The password is gone: it was read before this process was forked off.");
  const auto of_session = request(NoAuthentication{"app"}, RefreshTokenGrant{.refresh_token = Secret(wiped)});
  REQUIRE_FALSE(of_session.has_value());
  CHECK(of_session.error().message ==
        "The refresh token is gone: it was read before this process was forked off.");
  CHECK(request(NoAuthentication{"app"}, password_grant("alice", std::string("\0a", 2))).has_value());
}

TEST_CASE("every grant has its own body") {
  const NoAuthentication client{"app"};
  CHECK(body(request(client, RefreshTokenGrant{.refresh_token = Secret("r/1"), .scope = {"a"}})) ==
        "grant_type=refresh_token&refresh_token=r%2F1&client_id=app&scope=a");
  CHECK(body(request(client, ClientCredentialsGrant{.scope = {"a", "", "b"}})) ==
        "grant_type=client_credentials&client_id=app&scope=a%20b");
  ExtensionGrant realm{.grant_type = "http://auth0.com/oauth/grant-type/password-realm"};
  realm.extra.push_back({"username", Secret("alice")});
  realm.extra.push_back({"password", Secret("A3d")});
  realm.extra.push_back({"realm", Secret("db")});
  CHECK(body(request(client, std::move(realm))) ==
        "grant_type=http%3A%2F%2Fauth0.com%2Foauth%2Fgrant-type%2Fpassword-realm&client_id=app"
        "&username=alice&password=A3d&realm=db");
  CHECK(body(request(NoAuthentication{}, password_grant("a", "b"))) ==
        "grant_type=password&username=a&password=b");
}

TEST_CASE("an empty scope is left out, a resource may repeat, parameters come last in their order") {
  PasswordGrant grant = password_grant("a", "b", {"", ""});
  grant.resource = {"https://api.example/1", "https://api.example/2"};
  grant.extra.push_back({"otp", Secret("123")});
  grant.extra.push_back({"resource", Secret("x")});
  grant.extra.push_back({"resource", Secret("y")});
  grant.extra.push_back({"empty", Secret()});
  CHECK(body(request(NoAuthentication{}, std::move(grant))) ==
        "grant_type=password&username=a&password=b&resource=https%3A%2F%2Fapi.example%2F1"
        "&resource=https%3A%2F%2Fapi.example%2F2&otp=123&resource=x&resource=y&empty=");
}

TEST_CASE("awkward user names and passwords arrive as the bytes they are") {
  const std::vector<std::string> awkward = {"p\xc3\xa4$$w+rd &=%20\"\xc3\xa9",
                                            "\xf0\x9f\x94\x91",
                                            "@leading",
                                            "trailing ",
                                            "\xff\xfe",
                                            std::string(4096, '%'),
                                            "a\r\nb",
                                            std::string("nul\0inside", 10)};
  for (const std::string& text : awkward) {
    CAPTURE(text);
    CHECK(decoded(body(request(NoAuthentication{}, password_grant(text, text)))) ==
          Pairs{{"grant_type", "password"}, {"username", text}, {"password", text}});
  }
}

TEST_CASE(
    "HTTP Basic carries id and secret in the encoding that was chosen, and nothing of them is in the body") {
  const std::string secret = "s3cr%t:+/& =";
  const auto credentials = [&](BasicEncoding encoding) {
    const auto built =
        request(ClientSecretBasic{"my app", Secret(secret), encoding}, password_grant("alice", "pw"));
    CHECK(body(built) == "grant_type=password&username=alice&password=pw");
    SecretBuffer pair;
    REQUIRE(append_base64_decoded(pair, built->authorization.expose().substr(6)));
    return std::string(pair.expose());
  };
  CHECK(credentials(BasicEncoding::form) == "my%20app:s3cr%25t%3A%2B%2F%26%20%3D");
  CHECK(credentials(BasicEncoding::raw) == "my app:" + secret);
}

TEST_CASE("an empty client secret is sent as one in HTTP Basic and left out of the body") {
  CHECK(request(ClientSecretBasic{"cf", Secret()}, password_grant("a", "b"))->authorization.expose() ==
        "Basic Y2Y6");
  CHECK(body(request(ClientSecretPost{"cf", Secret()}, password_grant("a", "b"))) ==
        "grant_type=password&username=a&password=b&client_id=cf");
}

TEST_CASE("what HTTP Basic cannot carry is refused") {
  const auto raw = [](const char* id, std::string_view secret) {
    return refused(
        request(ClientSecretBasic{id, Secret(secret), BasicEncoding::raw}, password_grant("a", "b")));
  };
  CHECK(raw("a:b", "c") == ErrorClass::usage);
  CHECK(raw("a", "c\n") == ErrorClass::usage);
  CHECK(raw("a\x7f", "c") == ErrorClass::usage);
  CHECK(raw("", "c") == ErrorClass::usage);
  CHECK_FALSE(raw("a", "b:c"));
  CHECK_FALSE(refused(request(ClientSecretBasic{"a:b", Secret("\n")}, password_grant("a", "b"))));
  CHECK(refused(request(ClientSecretPost{"", Secret("c")}, password_grant("a", "b"))) == ErrorClass::usage);
}

TEST_CASE("beside a certificate the client id alone is in the body, and is not left out") {
  const ClientAuthentication both[] = {TlsClientAuth{"a client"}, SelfSignedTlsClientAuth{"a client"}};
  for (const ClientAuthentication& authentication : both) {
    const auto built = request(authentication, password_grant("bob", "password", {"read"}));
    REQUIRE(built);
    check_headers(*built, "");
    CHECK(body(built) ==
          "grant_type=password&username=bob&password=password&client_id=a%20client&scope=read");
    CHECK(body(request(authentication, ClientCredentialsGrant{})) ==
          "grant_type=client_credentials&client_id=a%20client");
  }
  CHECK(refused(request(TlsClientAuth{}, ClientCredentialsGrant{})) == ErrorClass::config);
  CHECK(refused(request(SelfSignedTlsClientAuth{}, ClientCredentialsGrant{})) == ErrorClass::config);
}

TEST_CASE("the JWT bearer grant carries an assertion about somebody, beside any client authentication") {
  const auto built = request(ClientSecretBasic{"app", Secret("s")},
                             JwtBearerGrant{.assertion = Secret("a.b.c"), .scope = {"read", "write"}});
  REQUIRE(built);
  CHECK(
      body(built) ==
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c&scope=read%20write");
  CHECK(built->authorization.expose() == "Basic YXBwOnM=");
  const NoAuthentication client{"app"};
  CHECK(refused(request(client, JwtBearerGrant{})) == ErrorClass::usage);
  JwtBearerGrant twice{.assertion = Secret("a.b.c")};
  twice.extra.push_back({"assertion", Secret("d")});
  CHECK(refused(request(client, std::move(twice))) == ErrorClass::usage);
}

TEST_CASE("a token exchange names subject, actor and what is wanted") {
  const NoAuthentication client{"app"};
  CHECK(
      body(request(client, TokenExchangeGrant{.subject_token = Secret("s&t"),
                                              .subject_token_type = "urn:x:access",
                                              .actor_token = Secret("act"),
                                              .actor_token_type = "urn:x:jwt",
                                              .requested_token_type = "urn:x:saml2",
                                              .audience = "https://api.example",
                                              .scope = {"read"},
                                              .resource = {"https://r.example"}})) ==
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s%26t&subject_"
      "token_"
      "type=urn%3Ax%3Aaccess&actor_token=act&actor_token_type=urn%3Ax%3Ajwt&requested_token_type=urn%3Ax%"
      "3Asaml2&audience=https%3A%2F%2Fapi.example&client_id=app&scope=read&resource=https%3A%2F%2Fr.example");
  CHECK(refused(request(client, TokenExchangeGrant{.subject_token = Secret("s")})) == ErrorClass::usage);
  CHECK(refused(request(client, TokenExchangeGrant{.subject_token_type = "t"})) == ErrorClass::usage);
  CHECK(refused(request(client, TokenExchangeGrant{.subject_token = Secret("s"),
                                                   .subject_token_type = "t",
                                                   .actor_token = Secret("a")})) == ErrorClass::usage);
}

TEST_CASE("an audience beside the password grant is a parameter like any other") {
  CHECK(body(request(NoAuthentication{"app"}, with_extra("audience", "https://api.example")))
            .ends_with("&audience=https%3A%2F%2Fapi.example"));
}

TEST_CASE("empty user names, passwords, refresh tokens and grant types are refused") {
  const NoAuthentication client{"app"};
  CHECK(refused(request(client, password_grant("", "b"))) == ErrorClass::usage);
  CHECK(refused(request(client, password_grant("a", ""))) == ErrorClass::usage);
  CHECK(refused(request(client, RefreshTokenGrant{})) == ErrorClass::usage);
  CHECK(refused(request(client, ExtensionGrant{})) == ErrorClass::usage);
}

TEST_CASE("parameters that we set ourselves, or that come twice, are refused") {
  for (const char* const name : {"grant_type", "username", "password", "refresh_token", "client_id",
                                 "client_secret", "client_assertion", "client_assertion_type", "scope", ""}) {
    CAPTURE(name);
    CHECK(refused(request(NoAuthentication{}, with_extra(name, "x"))) == ErrorClass::usage);
  }
  PasswordGrant twice = password_grant("a", "b");
  twice.extra.push_back({"otp", Secret("1")});
  twice.extra.push_back({"realm", Secret("1")});
  twice.extra.push_back({"otp", Secret("2")});
  CHECK(refused(request(NoAuthentication{}, std::move(twice))) == ErrorClass::usage);
  for (const char* const name : {"otp", "Scope", "audience"})
    CHECK_FALSE(refused(request({}, with_extra(name, "x"))));
}

TEST_CASE("line breaks in a parameter's name or value stay inside the form") {
  CHECK(body(request(NoAuthentication{}, with_extra("a\r\nb", "c\r\nd&e=f"))) ==
        "grant_type=password&username=alice&password=pw&a%0D%0Ab=c%0D%0Ad%26e%3Df");
}

TEST_CASE("headers of the caller's come behind ours; Accept and User-Agent may be replaced") {
  const auto built =
      request(NoAuthentication{}, password_grant("a", "b"),
              {{"X-CF-ENCODED-CREDENTIALS", "true"}, {"user-agent", "mine/1"}, {"Cookie", "a=b"}});
  REQUIRE(built);
  CHECK(header(*built, "User-Agent") == "mine/1");
  CHECK(header(*built, "X-CF-ENCODED-CREDENTIALS") == "true");
  CHECK(built->headers.size() == 5);
  const auto plain = request(NoAuthentication{}, password_grant("a", "b"));
  CHECK(header(*plain, "User-Agent") == std::string(user_agent()));
}

TEST_CASE("headers that are not the caller's to set, or would break out of their line, are refused") {
  for (const char* const name :
       {"Authorization", "authorization", "Host", "Content-Length", "Transfer-Encoding", "DPoP", "dpop",
        "Connection", "Expect", "", "a b", "a:b", "a\r\nb", "\xc3\xa4"}) {
    CAPTURE(name);
    CHECK(refused(request({}, password_grant("a", "b"), {{name, "x"}})) == ErrorClass::usage);
  }
  for (const char* const value : {"a\r\nb", "a\nb", "a\tb", "a\x7f", "\x1b[2J"}) {
    CAPTURE(value);
    CHECK(refused(request({}, password_grant("a", "b"), {{"X-A", value}})) == ErrorClass::usage);
  }
  CHECK(refused(request({}, password_grant("a", "b"), {{"X-A", std::string("a\0b", 3)}})) ==
        ErrorClass::usage);
  CHECK(refused(request({}, password_grant("a", "b"),
                        {{"Content-Type", "application/x-www-form-urlencoded, text/html"}})) ==
        ErrorClass::usage);
  CHECK(refused(request({}, password_grant("a", "b"), {{"Content-Type", "application/json"}})) ==
        ErrorClass::usage);
}

TEST_CASE("an endpoint with a line break is refused") {
  CHECK(refused(request({}, password_grant("a", "b"), {}, no_assertion, "https://as.example/\r\nX: y")) ==
        ErrorClass::usage);
  CHECK(refused(request({}, password_grant("a", "b"), {}, no_assertion, "")) == ErrorClass::usage);
}

TEST_CASE("introspection and revocation send the token, its hint and the client's authentication") {
  const std::string endpoint = "https://as.example/introspect";
  const ClientAuthentication post = ClientSecretPost{"app", Secret("s")};
  const Secret token("to ken");
  const auto built = protocol::query_request({endpoint, post, no_assertion, {}}, {token, "refresh_token"});
  REQUIRE(built);
  check_headers(*built, "");
  CHECK(built->url == endpoint);
  CHECK(body(built) == "token=to%20ken&token_type_hint=refresh_token&client_id=app&client_secret=s");
  CHECK(body(protocol::query_request({endpoint, post, no_assertion, {}}, {token, ""})) ==
        "token=to%20ken&client_id=app&client_secret=s");
  CHECK_FALSE(protocol::query_request({endpoint, post, no_assertion, {}}, {no_assertion, ""}));
}

}  // namespace token_request_test
