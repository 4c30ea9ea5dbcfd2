#include "base/base64.hpp"
#include "protocol/dpop_proof.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace dpop_test {

using namespace oauth_token;

namespace {

SigningKey new_key(std::string_view algorithm = "ES256") { return SigningKey::generate(algorithm).value(); }

std::string decoded(std::string_view part) {
  SecretBuffer out;
  REQUIRE(append_base64_decoded(out, part, Base64::url));
  return std::string(out.expose());
}

std::string part_of(std::string_view jwt, int index) {
  while (index-- > 0) jwt.remove_prefix(jwt.find('.') + 1);
  return decoded(jwt.substr(0, jwt.find('.')));
}

std::string header_of(std::string_view jwt) { return part_of(jwt, 0); }
std::string claims_of(std::string_view jwt) { return part_of(jwt, 1); }

std::string claim(std::string_view jwt, std::string_view name) {
  const auto document = json::parse(Secret(claims_of(jwt)));
  REQUIRE(document);
  return std::string(document->root()[name].text().value_or(""));
}

constexpr std::string_view bound_token =
    R"({"access_token":"a","token_type":"dpop","expires_in":60,"refresh_token":"r"})";
constexpr std::string_view plain_token =
    R"({"access_token":"a","token_type":"Bearer","expires_in":60,"refresh_token":"r"})";
constexpr std::string_view nonce_wanted = R"({"error":"use_dpop_nonce"})";

HttpResponse answer(int status, std::string_view body, const std::string& nonce = "") {
  HttpResponse response{
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = Secret(body)};
  if (!nonce.empty()) response.headers.push_back({"DPoP-Nonce", nonce});
  return response;
}

struct Sent {
  std::string proof = {};
  std::string body = {};
  std::chrono::steady_clock::time_point deadline = {};
};

// Answers in turn, the last one for ever.
struct Recorder {
  std::vector<std::function<HttpResponse()>> answers = {};
  std::vector<Sent> sent = {};

  Transport transport() {
    return [this](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      Sent one{.body = std::string(request.body.expose()), .deadline = request.deadline};
      int proofs = 0;
      for (const HttpHeader& header : request.headers)
        if (header.name == "DPoP") {
          ++proofs;
          one.proof = header.value;
        }
      CHECK(proofs <= 1);
      const auto& next = answers[std::min(sent.size(), answers.size() - 1)];
      sent.push_back(std::move(one));
      return next();
    };
  }

  TokenClient client(DpopOptions dpop, ClientAuthentication authentication = NoAuthentication{"app"}) {
    return TokenClient({.token_endpoint = "https://as.example/token?x=1",
                        .introspection_endpoint = "https://as.example/introspect",
                        .authentication = std::move(authentication),
                        .dpop = std::move(dpop),
                        .transport = transport()});
  }
};

DpopOptions required() { return {.use = DpopUse::required, .key = new_key()}; }

Grant password() { return PasswordGrant{.username = "alice", .password = Secret("pw")}; }

std::string form_value(const std::string& body, const std::string& name) {
  const auto at = body.find(name + "=");
  REQUIRE(at != std::string::npos);
  const auto begin = at + name.size() + 1;
  return body.substr(begin, body.find('&', begin) - begin);
}

}  // namespace

TEST_CASE("a proof says what RFC 9449 s4.2 wants, and nothing else") {
  const SigningKey key = new_key();
  const auto url = parse_url("HTTPS://AS.example:443/a/../token?x=1").value();
  const auto proof =
      protocol::dpop_proof(key, {.jti = "id-1",
                                 .method = "POST",
                                 .url = url,
                                 .now = std::chrono::sys_seconds(std::chrono::seconds(1'562'262'616))});
  REQUIRE(proof);
  CHECK(header_of(proof->expose()) == R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + key.public_jwk() + "}");
  CHECK(claims_of(proof->expose()) ==
        R"({"jti":"id-1","htm":"POST","htu":"https://as.example/token","iat":1562262616})");
  const auto full = protocol::dpop_proof(key, {.jti = "id-2",
                                               .method = "GET",
                                               .url = url,
                                               .now = std::chrono::sys_seconds(std::chrono::seconds(1)),
                                               .nonce = "n",
                                               .access_token_hash = "h"});
  CHECK(claims_of(full->expose()) ==
        R"({"jti":"id-2","htm":"GET","htu":"https://as.example/token","iat":1,"nonce":"n","ath":"h"})");
}

TEST_CASE("ath is that of the example in RFC 9449 s7.1") {
  CHECK(protocol::access_token_hash(Secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")).value() ==
        "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
}

TEST_CASE("each kind of key proves with its own algorithm") {
  for (const auto& [generated, named] :
       {std::pair("ES256", "ES256"), {"ES384", "ES384"}, {"EdDSA", "EdDSA"}}) {
    const auto proof = dpop_proof(new_key(generated), {.method = "GET", .url = "https://api.example/"});
    REQUIRE(proof);
    CHECK(header_of(proof->expose()).find(std::string(R"("alg":")") + named + "\"") != std::string::npos);
  }
}

TEST_CASE("the library's call takes a request, a nonce and a token, and makes a new jti each time") {
  const SigningKey key = new_key();
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto proof = dpop_proof(key, {.method = "GET",
                                        .url = "https://api.example/items?page=2",
                                        .nonce = "abc",
                                        .access_token = Secret("token")});
    REQUIRE(proof);
    CHECK(claim(proof->expose(), "htu") == "https://api.example/items");
    CHECK(claim(proof->expose(), "htm") == "GET");
    CHECK(claim(proof->expose(), "nonce") == "abc");
    CHECK(claim(proof->expose(), "ath") == protocol::access_token_hash(Secret("token")).value());
    ids.insert(claim(proof->expose(), "jti"));
  }
  CHECK(ids.size() == 100);
}

TEST_CASE("a request that is none, and a missing key, are refused") {
  const SigningKey key = new_key();
  const auto refused = [](const SigningKey& with, DpopRequest request) {
    const auto proof = dpop_proof(with, request);
    REQUIRE_FALSE(proof);
    return std::string(to_string(proof.error().error_class));
  };
  CHECK(refused(key, {.method = "", .url = "https://api.example/"}) == "usage");
  CHECK(refused(key, {.method = "GET IT", .url = "https://api.example/"}) == "usage");
  CHECK(refused(key, {.method = "GET", .url = "api.example"}) == "usage");
  CHECK(refused(key, {.method = "GET", .url = "https://api.example/#part"}) == "usage");
  CHECK(refused(key, {.method = "GET", .url = "https://api.example/", .nonce = "a b"}) == "usage");
  CHECK(refused(key, {.method = "GET", .url = "https://api.example/", .nonce = "a\"b"}) == "usage");
  for (const std::string& nonce :
       {std::string("a\\b"), std::string("a\x7f"), std::string("\xc3\xa4"), std::string(100'000, 'n')})
    CHECK(refused(key, {.method = "GET", .url = "https://api.example/", .nonce = nonce}) == "usage");
  CHECK(refused(SigningKey(), {.method = "GET", .url = "https://api.example/"}) == "config");
}

TEST_CASE("every grant carries one proof, for the endpoint without its query") {
  std::vector<Grant> grants;
  grants.push_back(password());
  grants.emplace_back(RefreshTokenGrant{.refresh_token = Secret("r")});
  grants.emplace_back(ClientCredentialsGrant{});
  grants.emplace_back(ExtensionGrant{.grant_type = "urn:example:grant"});
  for (Grant& grant : grants) {
    Recorder server{.answers = {[] { return answer(200, bound_token); }}};
    const auto token =
        server.client(required(), ClientSecretBasic{"app", Secret("s")}).request(std::move(grant));
    REQUIRE(token);
    CHECK(token->token_type == "DPoP");
    REQUIRE(server.sent.size() == 1);
    CHECK(claim(server.sent[0].proof, "htm") == "POST");
    CHECK(claim(server.sent[0].proof, "htu") == "https://as.example/token");
    CHECK(claim(server.sent[0].proof, "nonce").empty());
  }
  Recorder plain{.answers = {[] { return answer(200, bound_token); }}};
  CHECK(plain.client({}).request(password()));
  CHECK(plain.sent[0].proof.empty());
}

TEST_CASE("a nonce that is asked for is one repetition, with new identifiers in proof and assertion") {
  for (const int status : {400, 401}) {
    Recorder server{.answers = {[&] { return answer(status, nonce_wanted, "n-1"); },
                                [] { return answer(200, bound_token, "n-2"); }}};
    const auto client = server.client(required(), PrivateKeyJwt{.client_id = "app", .key = new_key()});
    REQUIRE(client.request(password()));
    REQUIRE(server.sent.size() == 2);
    const std::string first = form_value(server.sent[0].body, "client_assertion");
    const std::string second = form_value(server.sent[1].body, "client_assertion");
    CHECK(claim(first, "jti") != claim(second, "jti"));
    CHECK(claim(server.sent[0].proof, "jti") != claim(server.sent[1].proof, "jti"));
    CHECK(claim(server.sent[0].proof, "nonce").empty());
    CHECK(claim(server.sent[1].proof, "nonce") == "n-1");
    CHECK(server.sent[0].deadline == server.sent[1].deadline);
    // The nonce of a 200 is the next one.
    REQUIRE(client.request(password()));
    REQUIRE(server.sent.size() == 3);
    CHECK(claim(server.sent[2].proof, "nonce") == "n-2");
  }
}

TEST_CASE("a ready-made assertion is sent again as it is") {
  Recorder server{
      .answers = {[] { return answer(400, nonce_wanted, "n-1"); }, [] { return answer(200, bound_token); }}};
  int calls = 0;
  ReadyMadeAssertion ready_made{.client_id = "app", .assertion = [&](std::stop_token) -> Result<Secret> {
                                  ++calls;
                                  return Secret("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.eA");
                                }};
  REQUIRE(server.client(required(), std::move(ready_made)).request(password()));
  REQUIRE(server.sent.size() == 2);
  CHECK(calls == 1);
  CHECK(server.sent[0].body == server.sent[1].body);
}

TEST_CASE("a server that asks for a nonce without end, or without giving one, gets no third request") {
  struct Row {
    std::string nonce;
    std::size_t requests;
    const char* words;
  };
  for (const Row& row : {Row{"n", 2, "again"}, {"", 1, "gives none"}, {"a b", 1, "gives none"}}) {
    Recorder server{.answers = {[&] { return answer(400, nonce_wanted, row.nonce); }}};
    const auto token = server.client(required()).request(password());
    REQUIRE_FALSE(token);
    CHECK(token.error().error_class == ErrorClass::request);
    CHECK(token.error().code == "use_dpop_nonce");
    CHECK_FALSE(token.error().retry_safe);
    CAPTURE(token.error().message);
    CHECK(token.error().message.find(row.words) != std::string::npos);
    CHECK(server.sent.size() == row.requests);
  }
}

TEST_CASE("only use_dpop_nonce with status 400 or 401, and only with DPoP, has a password sent again") {
  struct Row {
    int status;
    const char* body;
  };
  for (const Row& row : {Row{400, R"({"error":"invalid_grant"})"},
                         {400, R"({"error":"invalid_dpop_proof"})"},
                         {401, R"({"error":"invalid_client"})"},
                         {401, ""},
                         {200, R"({"error":"use_dpop_nonce"})"},
                         {503, R"({"error":"use_dpop_nonce"})"}}) {
    CAPTURE(row.body);
    Recorder server{.answers = {[&] { return answer(row.status, row.body, "n"); }}};
    CHECK_FALSE(server.client(required()).request(password()));
    CHECK(server.sent.size() == 1);
  }
  Recorder plain{.answers = {[] { return answer(400, nonce_wanted, "n"); }}};
  const auto token = plain.client({}).request(password());
  CHECK(plain.sent.size() == 1);
  CHECK(token.error().hint.find("--dpop") != std::string::npos);
}

TEST_CASE("a nonce is of the server that gave it, and known from the start where it was remembered") {
  Recorder server{.answers = {[] { return answer(200, bound_token); }}};
  DpopOptions dpop = required();
  dpop.nonce = "kept";
  REQUIRE(server.client(std::move(dpop)).request(password()));
  CHECK(claim(server.sent[0].proof, "nonce") == "kept");

  Recorder two{.answers = {[] { return answer(200, R"({"active":true})", "of-introspection"); },
                           [] { return answer(200, bound_token); }}};
  const TokenClient client({.token_endpoint = "https://as.example/token",
                            .introspection_endpoint = "https://other.example/introspect",
                            .authentication = NoAuthentication{"app"},
                            .dpop = required(),
                            .transport = two.transport()});
  REQUIRE(client.introspect(Secret("t")));
  CHECK(two.sent[0].proof.empty());
  REQUIRE(client.request(password()));
  CHECK(claim(two.sent[1].proof, "nonce").empty());
}

TEST_CASE(
    "a token that is not bound is an error where DPoP is required, and a warning where it is optional") {
  Recorder server{.answers = {[] { return answer(200, plain_token); }}};
  const auto refused = server.client(required()).request(password());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().error_class == ErrorClass::protocol);
  CHECK(refused.error().reason == "dpop");
  CHECK(refused.error().hint.find("--dpop=optional") != std::string::npos);

  const auto taken = server.client({.use = DpopUse::optional, .key = new_key()}).request(password());
  REQUIRE(taken);
  CHECK(taken->token_type == "Bearer");
  CHECK(taken->warnings ==
        std::vector<std::string>{"The token is not bound to the key: the server does not bind its tokens."});
  Recorder bound{.answers = {[] { return answer(200, bound_token); }}};
  const auto good = bound.client({.use = DpopUse::optional, .key = new_key()}).request(password());
  REQUIRE(good);
  CHECK(good->warnings.empty());
}

TEST_CASE(
    "a client without a key for DPoP, or with one and without DPoP, is refused before anything is sent") {
  const auto refused = [](DpopSettings dpop) {
    ClientSettings settings{.token_endpoint = "https://as.example/token", .client_id = "app"};
    settings.dpop = std::move(dpop);
    const auto client = make_client(settings, {});
    REQUIRE_FALSE(client);
    CHECK(client.error().error_class == ErrorClass::config);
    return client.error().message;
  };
  CHECK(refused({.use = DpopUse::required}) ==
        "There is no key to bind the token to, and nothing would keep one.");
  CHECK(refused({.key = "/nowhere/key.pem"}) == "There is a DPoP key, but DPoP is not asked for.");
}

}  // namespace dpop_test
