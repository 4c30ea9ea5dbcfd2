#include "protocol/token_response.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using nlohmann::json;
using namespace oauth_token;

namespace {

// 2026-11-21 12:00:00 UTC
constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'795'262'400)};

const std::map<std::string, int> exit_statuses{
    {"credentials", 3}, {"reauthenticate", 4}, {"mfa", 5},    {"password-change", 5},
    {"interaction", 5}, {"client-auth", 6},    {"scope", 6},  {"grant-not-allowed", 6},
    {"request", 6},     {"network", 7},        {"server", 7}, {"rate-limited", 7},
    {"timeout", 7},     {"protocol", 8},
};

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find(' ', start), text.size());
    list.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return list;
}

std::string take(json& form, const char* name) {
  const std::string value = form.value(name, "");
  form.erase(name);
  return value;
}

std::vector<Parameter> rest_of(const json& form) {
  std::vector<Parameter> extra;
  for (const auto& [name, value] : form.items()) extra.push_back({name, Secret(value.get<std::string>())});
  return extra;
}

struct Asked {
  std::string endpoint = "https://as.example/token";
  ClientAuthentication authentication = NoAuthentication{};
  Secret assertion = {};
  std::vector<HttpHeader> headers = {};
  Grant grant = ClientCredentialsGrant{};
  Secret token = {};  // of a revocation
  std::string hint = {};

  [[nodiscard]] protocol::ClientRequest client() const {
    return {endpoint, authentication, assertion, headers};
  }
};

Asked asked(const json& request) {
  Asked asked;
  json form = request.at("form");
  const std::string id = take(form, "client_id");
  const std::string secret = take(form, "client_secret");
  const std::string assertion = take(form, "client_assertion");
  take(form, "client_assertion_type");
  if (!assertion.empty()) {
    asked.authentication = ReadyMadeAssertion{.client_id = id};
    asked.assertion = Secret(assertion);
  } else if (!secret.empty()) {
    asked.authentication = ClientSecretPost{id, Secret(secret)};
  } else if (request.at("headers").contains("Authorization")) {
    asked.authentication = ClientSecretBasic{"c", Secret("s")};
  } else {
    asked.authentication = NoAuthentication{id};
  }
  const std::string type = take(form, "grant_type");
  const auto scope = words(take(form, "scope"));
  if (form.contains("token")) {
    asked.token = Secret(take(form, "token"));
    asked.hint = take(form, "token_type_hint");
  } else if (type == "password") {
    const std::string username = take(form, "username");
    const std::string password = take(form, "password");
    asked.grant = PasswordGrant{
        .username = username, .password = Secret(password), .scope = scope, .extra = rest_of(form)};
  } else if (type == "refresh_token") {
    const std::string token = take(form, "refresh_token");
    asked.grant = RefreshTokenGrant{.refresh_token = Secret(token), .scope = scope, .extra = rest_of(form)};
  } else if (type == "client_credentials") {
    asked.grant = ClientCredentialsGrant{.scope = scope, .extra = rest_of(form)};
  } else {
    asked.grant = ExtensionGrant{.grant_type = type, .scope = scope, .extra = rest_of(form)};
  }
  return asked;
}

HttpResponse answer(int status, std::vector<HttpHeader> headers, std::string_view body) {
  return {.status = status, .headers = std::move(headers), .body = Secret(body)};
}

HttpResponse answer(const json& response) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : response.at("headers").items())
    headers.push_back({name, value.get<std::string>()});
  return answer(response.at("status"), std::move(headers), response.at("body").get<std::string>());
}

json optional_text(std::string_view text) { return text.empty() ? json(nullptr) : json(text); }

json fields_of(const Token& token) {
  return {{"access_token", token.access_token.expose()},
          {"expires_in", token.lifetime ? json(token.lifetime->count()) : json(nullptr)},
          {"refresh_token", optional_text(token.refresh_token.expose())},
          {"scope", optional_text(token.scope_granted ? token.scope : "")},
          {"id_token", optional_text(token.id_token.expose())}};
}

json extra_of(const Token& token) {
  return token.extra.empty() ? json::object() : json::parse(token.extra.expose());
}

std::string canonical(const json& type) {
  if (!type.is_string()) return "";
  return type == "bearer" ? "Bearer" : type.get<std::string>();
}

void check_token(const json& expect, const Asked& asked, const Result<Token>& token) {
  REQUIRE(token);
  const json fields = expect.value("fields", json::object());
  for (const auto& field : fields.items()) {
    const std::string& name = field.key();
    const json& value = field.value();
    CAPTURE(name);
    if (name == "token_type")
      CHECK(token->token_type == canonical(value));
    else
      CHECK(fields_of(*token).at(name) == value);
  }
  if (expect.contains("extra")) CHECK(extra_of(*token) == expect["extra"]);
  if (token->lifetime)
    CHECK(token->expires_at == now + std::min(*token->lifetime, std::chrono::seconds(315'360'000)));
  if (!token->scope_granted) CHECK(token->scope == protocol::requested_scope(asked.grant));
  if (expect.contains("effective_scope")) CHECK(token->scope == expect["effective_scope"]);
  if (expect.contains("normalised")) CHECK(token->token_type == expect["normalised"]["token_type"]);
  const json warnings = expect.value("warn", json::array());
  for (const std::string warning : warnings) {
    CAPTURE(warning);
    std::string all;
    for (const std::string& ours : token->warnings) all += ours;
    CHECK(all.find(warning) != std::string::npos);
  }
  if (expect.contains("kind") && expect.contains("class")) CHECK(token->warnings.size() == warnings.size());
}

void check_error(const json& expect, const Error& error) {
  CHECK(to_string(error.error_class) == expect["class"]);
  CHECK(exit_statuses.at(std::string(to_string(error.error_class))) == expect["exit_status"]);
  CHECK_FALSE(error.message.empty());
  CHECK_FALSE(error.hint.empty());
  CHECK(error.sent == Sent::yes);
  CHECK(optional_text(error.code) == expect.value("error", json()));
  CHECK(optional_text(error.description) == expect.value("error_description", json()));
  CHECK(optional_text(error.uri) == expect.value("error_uri", json()));
  const json extra = json::parse(error.extra);
  if (expect.contains("extra")) CHECK(extra == expect["extra"]);
  const json hints = expect.value("raw_hint", json::object());
  for (const auto& [name, value] : hints.items()) CHECK(extra.at(name) == value);
  if (expect.contains("retry_after")) CHECK(error.retry_after == std::chrono::seconds(expect["retry_after"]));
  if (expect.contains("retry_after_http_date"))  // Fri, 31 Dec 2032 23:59:59 GMT
    CHECK(error.retry_after == std::chrono::seconds(1'988'150'399) - now.time_since_epoch());
  if (expect.value("retry", "") == "never-automatic") CHECK_FALSE(error.retry_safe);
}

json wire_cases() {
  std::ifstream file(TEST_DATA "/wire-cases.json");
  return json::parse(file);
}

Asked password_request() {
  Asked asked;
  asked.authentication = ClientSecretBasic{"app", Secret("s3cr%t:+/& =")};
  asked.grant =
      PasswordGrant{.username = "alice", .password = Secret("correct horse+battery"), .scope = {"read"}};
  return asked;
}

Asked refresh_request() {
  Asked asked;
  asked.grant = RefreshTokenGrant{.refresh_token = Secret("refresh-token-1")};
  return asked;
}

constexpr auto json_type = "application/json";

Result<Token> read(const Asked& asked, int status, std::string_view body, const char* type = json_type,
                   std::vector<HttpHeader> headers = {}, bool lenient = false) {
  if (type != nullptr) headers.push_back({"Content-Type", type});
  return protocol::token_response(asked.client(), asked.grant, answer(status, std::move(headers), body),
                                  {.now = now, .lenient = lenient});
}

std::string class_of(const Result<Token>& result) {
  return result ? "token" : std::string(to_string(result.error().error_class));
}

}  // namespace

TEST_CASE("every recorded answer is understood as it is written down") {
  const json cases = wire_cases();
  REQUIRE(cases.size() == 115);
  for (const json& one : cases) {
    const std::string id = one["id"];
    CAPTURE(id);
    const json& expect = one["expect"];
    const Asked request = asked(one["request"]);
    if (!request.token.empty()) {
      const auto revoked = protocol::revocation_response(request.client(), {request.token, request.hint},
                                                         answer(one["response"]), {.now = now});
      CHECK(revoked.has_value() == (expect["kind"] == "revoked"));
      if (!revoked) check_error(expect, revoked.error());
      continue;
    }
    const auto token =
        protocol::token_response(request.client(), request.grant, answer(one["response"]), {.now = now});
    if (expect["kind"] == "token") {
      check_token(expect, request, token);
    } else {
      REQUIRE_FALSE(token);
      check_error(expect, token.error());
    }
    if (expect.contains("lenient"))
      check_token(expect["lenient"], request,
                  protocol::token_response(request.client(), request.grant, answer(one["response"]),
                                           {.now = now, .lenient = true}));
  }
}

TEST_CASE(
    "a content type counts in any letter case and with any parameters, and so do types that end in +json") {
  const char* const body = R"({"access_token":"a","token_type":"Bearer"})";
  for (const char* const type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                 "application/json;profile=\"text/html\"", " application/json ;x=y",
                                 "application/problem+json", "application/vnd.example.v1+json; q=1",
                                 "application/json, application/json", "application/json,text/html"}) {
    CAPTURE(type);
    CHECK(read(password_request(), 200, body, type));
  }
  for (const char* const type :
       {"text/json", "application/jsonp", "application/json+xml", "json", "+json", "text/html",
        "application/javascript", "", ",application/json", "text/html, application/json"}) {
    CAPTURE(type);
    CHECK(class_of(read(password_request(), 200, body, type)) == "protocol");
    CHECK(read(password_request(), 200, body, type, {}, true));
  }
  CHECK(read(password_request(), 200, body, nullptr, {{"CONTENT-TYPE", "application/json"}}));
}

TEST_CASE("a code means what the request makes of it") {
  struct Row {
    const char* code;
    int status;
    const char* password;
    const char* refresh;
    const char* client_credentials;
  };
  const Row rows[] = {
      {"invalid_grant", 400, "credentials", "reauthenticate", "request"},
      {"access_denied", 403, "credentials", "reauthenticate", "request"},
      {"unauthorized", 401, "credentials", "reauthenticate", "request"},
      {"invalid_token", 401, "credentials", "reauthenticate", "request"},
      {"invalid_client", 400, "client-auth", "client-auth", "client-auth"},
      {"unauthorized_client", 401, "client-auth", "client-auth", "client-auth"},
      {"unauthorized_client", 403, "grant-not-allowed", "grant-not-allowed", "grant-not-allowed"},
      {"unsupported_grant_type", 501, "grant-not-allowed", "grant-not-allowed", "grant-not-allowed"},
      {"invalid_scope", 400, "scope", "scope", "scope"},
      {"invalid_target", 400, "scope", "scope", "scope"},
      {"invalid_request", 401, "request", "request", "request"},
      {"use_dpop_nonce", 401, "request", "request", "request"},
      {"invalid_dpop_proof", 400, "request", "request", "request"},
      {"mfa_required", 403, "mfa", "mfa", "mfa"},
      {"two_factor_required", 400, "mfa", "mfa", "mfa"},
      {"authorization_pending", 400, "mfa", "mfa", "mfa"},
      {"slow_down", 400, "mfa", "mfa", "mfa"},
      {"change_password_required", 400, "password-change", "password-change", "password-change"},
      {"password_change_required", 401, "password-change", "password-change", "password-change"},
      {"interaction_required", 400, "interaction", "interaction", "interaction"},
      {"login_required", 400, "interaction", "interaction", "interaction"},
      {"consent_required", 400, "interaction", "interaction", "interaction"},
      {"temporarily_unavailable", 400, "rate-limited", "rate-limited", "rate-limited"},
      {"too_many_requests", 400, "rate-limited", "rate-limited", "rate-limited"},
      {"invalid_request", 429, "rate-limited", "rate-limited", "rate-limited"},
      {"server_error", 400, "server", "server", "server"},
      {"invalid_grant", 503, "credentials", "reauthenticate", "request"},
      {"17003", 400, "request", "request", "request"},
      {"something_else", 401, "credentials", "request", "request"},
      {"something_else", 403, "credentials", "request", "request"},
      {"something_else", 200, "request", "request", "request"},
      {"something_else", 500, "server", "server", "server"},
      {"Invalid_Grant", 400, "request", "request", "request"},
  };
  const Asked credentials;
  for (const Row& row : rows) {
    CAPTURE(row.code);
    CAPTURE(row.status);
    const std::string body = R"({"error":")" + std::string(row.code) + R"("})";
    CHECK(class_of(read(password_request(), row.status, body)) == row.password);
    CHECK(class_of(read(refresh_request(), row.status, body)) == row.refresh);
    CHECK(class_of(read(credentials, row.status, body)) == row.client_credentials);
    CHECK(read(credentials, row.status, body).error().code == row.code);
  }
}

TEST_CASE("an extension grant is judged like the password grant when it carries a password") {
  Asked with;
  with.grant = ExtensionGrant{.grant_type = "http://auth0.com/oauth/grant-type/password-realm"};
  Asked without;
  without.grant = ExtensionGrant{.grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer"};
  std::get<ExtensionGrant>(with.grant).extra.push_back({"password", Secret("pw")});
  const char* const body = R"({"error":"invalid_grant"})";
  CHECK(class_of(read(with, 400, body)) == "credentials");
  CHECK(class_of(read(without, 400, body)) == "request");
}

TEST_CASE("what only repeats the status, or cannot be a code, is no code; its members are kept") {
  struct Row {
    int status;
    const char* body;
    const char* error_class;
  };
  const Row rows[] = {
      {404, R"({"timestamp":1,"status":404,"error":"Not Found","path":"/x"})", "protocol"},
      {401, R"({"error":"Unauthorized"})", "client-auth"},
      {400, R"({"error":"Bad Request","message":"x"})", "protocol"},
      {503, R"({"error":"Service Unavailable"})", "server"},
      {429, R"({"error":"Too Many Requests"})", "rate-limited"},
      {400, R"({"error":{"message":"x","code":100}})", "protocol"},
      {400, R"({"error":"a\u00e4"})", "protocol"},
      {400, R"({"error":"with \"quotes\""})", "protocol"},
      {400, R"({"error":"a\\b"})", "protocol"},
      {400, R"({"error":"a\u007f"})", "protocol"},
      {400, R"({"error":""})", "protocol"},
      {400, R"({"error":null})", "protocol"},
      {400, R"({"error":400})", "protocol"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto result = read(password_request(), row.status, row.body);
    CHECK(class_of(result) == row.error_class);
    CHECK(result.error().code.empty());
    CHECK(json::parse(result.error().extra) == json::parse(row.body));
  }
  CHECK(read(password_request(), 400, R"({"error":"Not Found"})").error().code == "Not Found");
}

TEST_CASE("beside an error, members of an odd type are kept, and no token nor what belongs to one") {
  const auto extra = [](const char* members) {
    return json::parse(
        read(password_request(), 400, R"({"error":"invalid_grant",)" + std::string(members) + "}")
            .error()
            .extra);
  };
  CHECK(extra(R"("error_description":{"text":"x"},"error_uri":7)") ==
        json({{"error_description", {{"text", "x"}}}, {"error_uri", 7}}));
  CHECK(extra(R"("access_token":"a","refresh_token":"r","id_token":"i","token_type":"t","expires_in":1,)"
              R"("scope":"s","n":1)") == json({{"n", 1}}));
  CHECK(extra(R"("id_token":"i","scope":"s")") == json({{"scope", "s"}}));
}

TEST_CASE("no token reaches an error, whatever its name is like and wherever it stands") {
  const std::string beside = R"({"error":"invalid_scope",)";
  const std::pair<std::string, json> refused[] = {
      {R"("accessToken":"s","Refresh_Token":"s","ID-TOKEN":"s","device_secret":"s","token":"s")",
       json::object()},
      {R"("data":{"access_token":"s","n":1,"list":[{"tokens":["s"]},"t",null]},"auth_token":{"value":"s"})",
       {{"data", {{"n", 1}, {"list", {json::object(), "t", nullptr}}}}}},
      {R"("mfa_token":"m","token_type_hint":"h","tokenized":true,"_":"u")",
       {{"mfa_token", "m"}, {"token_type_hint", "h"}, {"tokenized", true}, {"_", "u"}}},
  };
  for (const auto& row : refused) {
    CAPTURE(row.first);
    CHECK(json::parse(read(password_request(), 400, beside + row.first + "}").error().extra) == row.second);
    CHECK(json::parse(read(password_request(), 200, beside + row.first + "}").error().extra) == row.second);
    CHECK(json::parse(read(password_request(), 400, "{" + row.first + "}").error().extra) == row.second);
  }
}

TEST_CASE("where a server says that all went well, an error shows texts by their lengths") {
  for (const int status : {200, 201})
    CHECK(json::parse(read(password_request(), status,
                           R"({"code":0,"result":"secret","data":{"jwt":"s","at":["secret!",true]}})")
                          .error()
                          .extra) ==
          json({{"code", 0}, {"result", "(6 bytes)"}, {"data", {{"at", {"(7 bytes)", true}}}}}));
}

TEST_CASE("an answer without a code is judged by its status") {
  struct Row {
    int status;
    const char* error_class;
  };
  for (const Row& row :
       {Row{200, "protocol"},  {201, "protocol"}, {204, "protocol"}, {301, "protocol"}, {302, "protocol"},
        {303, "protocol"},     {304, "protocol"}, {307, "protocol"}, {308, "protocol"}, {400, "protocol"},
        {401, "client-auth"},  {403, "protocol"}, {404, "protocol"}, {405, "protocol"}, {407, "network"},
        {429, "rate-limited"}, {500, "server"},   {502, "server"},   {503, "server"},   {504, "server"}}) {
    CAPTURE(row.status);
    for (const auto& [type, body] : {std::pair("text/html", "<html>sorry</html>"),
                                     std::pair("text/plain", "no"), std::pair("application/json", ""),
                                     std::pair("application/json", "{"), std::pair("application/json", "{}")})
      CHECK(class_of(read(password_request(), row.status, body, type)) == row.error_class);
  }
}

TEST_CASE("nginx says by a web page that it misses a client certificate, or refuses one") {
  const auto page = [](const std::string& title) {
    return "<html>\r\n<head><title>" + title +
           "</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>";
  };
  const auto missing =
      read(password_request(), 400, page("400 No required SSL certificate was sent"), "text/html");
  CHECK(missing.error().error_class == ErrorClass::protocol);
  CHECK(missing.error().reason == "client-certificate");
  CHECK(missing.error().message ==
        "The server demands a client certificate, and none was given (HTTP 400"
        " from https://as.example/token).");
  CHECK(missing.error().hint.find("--tls-cert") != std::string::npos);
  const auto wrong = read(password_request(), 400, page("400 The SSL certificate error"), "text/html");
  CHECK(wrong.error().reason == "client-certificate");
  CHECK(wrong.error().message.find("refused the client certificate") != std::string::npos);
  CHECK(read(password_request(), 400, page("400 Bad Request"), "text/html").error().reason == "html");
}

TEST_CASE("a refused client that has a certificate is told what that depends on") {
  Asked asked = password_request();
  for (const bool self_signed : {false, true}) {
    asked.authentication = TlsClientAuth{"app"};
    if (self_signed) asked.authentication = SelfSignedTlsClientAuth{"app"};
    const auto refused = read(asked, 401, R"({"error":"invalid_client"})");
    CHECK(refused.error().error_class == ErrorClass::client_auth);
    CHECK(refused.error().hint.find("`oauth-token doctor`") != std::string::npos);
  }
}

TEST_CASE("an empty refusal of HTTP Basic names the other encoding where the two differ, and only there") {
  struct Row {
    ClientSecretBasic basic;
    std::string other;
  };
  const auto basic = [](const char* id, const char* secret, BasicEncoding encoding) {
    return ClientSecretBasic{id, Secret(secret), encoding};
  };
  Row rows[] = {{basic("app", "a+b", BasicEncoding::form), "--basic-encoding raw"},
                {basic("app", "a b", BasicEncoding::raw), "--basic-encoding form"},
                {basic("a:b", "plain", BasicEncoding::form), "--basic-encoding raw"},
                {basic("app", "plain-secret_1.~", BasicEncoding::form), ""}};
  for (Row& row : rows) {
    CAPTURE(row.other);
    Asked asked = password_request();
    asked.authentication = std::move(row.basic);
    for (const int status : {400, 401}) {
      const std::string hint = read(asked, status, "").error().hint;
      CHECK((hint.find(row.other.empty() ? "--basic-encoding" : row.other) != std::string::npos) ==
            !row.other.empty());
    }
    CHECK(read(asked, 400, R"({"error":"invalid_scope"})").error().hint.find("--basic") == std::string::npos);
  }
}

TEST_CASE("a client that sent no secret is told so, and a grant type that the server lacks is named") {
  Asked open = password_request();
  open.authentication = NoAuthentication{"app"};
  CHECK(read(open, 401, R"({"error":"invalid_client"})")
            .error()
            .hint.starts_with("No client secret was sent (client-auth is none)."));
  Asked exchange = password_request();
  exchange.grant = ExtensionGrant{.grant_type = "urn:x\x1b"};
  const auto unsupported = read(exchange, 400, R"({"error":"unsupported_grant_type"})");
  CHECK(unsupported.error().error_class == ErrorClass::grant_not_allowed);
  CHECK(unsupported.error().message == R"(The server does not support the grant type "urn:x\x1b".)");
  CHECK(read(password_request(), 400, R"({"error":"unsupported_grant_type"})").error().message ==
        "This client may not use this grant at the server.");
  CHECK(read(password_request(), 403, "").error().hint.find("Check user name and password before you") !=
        std::string::npos);
}

TEST_CASE("a 404 asks for a look at the address, whatever its words") {
  for (const char* const body :
       {R"({"error":"not found"})", R"({"error":"Not Found"})", R"({"error":{"code":404}})", "{}", ""}) {
    CAPTURE(body);
    const auto result = read(password_request(), 404, body);
    REQUIRE_FALSE(result);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().message ==
          "There is nothing at this address (HTTP 404 from https://as.example/token).");
    CHECK(result.error().hint.find("Check the path of the endpoint") != std::string::npos);
  }
  CHECK(read(password_request(), 404, R"({"error":"invalid_client"})").error().hint.find("client id") !=
        std::string::npos);
}

TEST_CASE("a redirect is not followed, and an OAuth error in it does not count") {
  const auto result = read(password_request(), 302, R"({"error":"invalid_grant"})");
  CHECK(class_of(result) == "protocol");
  CHECK(result.error().reason == "redirect");
}

TEST_CASE("an answer that is none of OAuth's says who gave it, without what may be secret in the address") {
  Asked asked = password_request();
  asked.endpoint = "https://as.example/token?key=s3cret#x";
  CHECK(read(asked, 200, "<html>", "text/html").error().message ==
        "The answer is a web page (HTTP 200 from https://as.example/token?...).");
  CHECK(read(asked, 502, "<html>", "text/html").error().message ==
        "The server says that it is out of order (HTTP 502 from https://as.example/token?...).");
  asked.endpoint = "https://as.example/" + std::string(300, 'a');
  CHECK(read(asked, 404, "").error().message.find("aa...).") != std::string::npos);
  const std::pair<const char*, const char*> targets[] = {
      {"https://sso.example/login?state=SECRET#a", " to https://sso.example/login?..."},
      {"/login;jsessionid=SECRET", " to /login;..."},
      {"https://bob:SECRET@sso.example/", ""},
      {"/\x1b[2J\xe2\x80\xae", " to /\\x1b[2J\\u{202e}"},
      {"/correct%20horse%2Bbattery/x", " to /[masked]/x"},
      {"", ""}};
  for (const auto& [location, shown] : targets)
    CHECK(read(password_request(), 302, "", nullptr, {{"Location", location}}).error().message ==
          "The server answered with a redirect (HTTP 302 from https://as.example/token" + std::string(shown) +
              "), which is not followed.");
}

TEST_CASE("only 200 makes a token; another status of success is called what is wrong with the answer") {
  const char* const token = R"({"access_token":"a","token_type":"Bearer"})";
  for (const int status : {201, 202, 203, 206, 299}) {
    const auto result = read(password_request(), status, token);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().reason == "status");
    CHECK(result.error().message == "The answer holds a token, but its status is not 200 (HTTP " +
                                        std::to_string(status) + " from https://as.example/token).");
  }
  CHECK(read(password_request(), 201, R"({"n":1})").error().message ==
        "The JSON of the answer has neither an access_token nor an error (HTTP 201"
        " from https://as.example/token).");
  CHECK(class_of(read(password_request(), 400, token)) == "protocol");
}

TEST_CASE("what is wrong with the rest of an answer does not cost the refresh token in it") {
  const auto issued = [](int status, std::string_view body, const char* type = json_type) {
    const Secret token =
        protocol::issued_refresh_token(answer(status, {{"Content-Type", type}}, body), {.now = now});
    return std::string(token.expose());
  };
  const std::string rest = R"("access_token":"a","token_type":"Bearer","refresh_token":"r\u002d2")";
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const std::vector<std::string> broken{
      "{" + rest + "}",
      "\xef\xbb\xbf { " + rest + " } ",
      "{" + rest + R"(,"scope":"a","scope":"b"})",
      R"({"scope":"a","scope":"b","access_token":"b",)" + rest + "}",
      "{" + rest + R"(,"refresh_token":"r-2"})",
      R"({"refresh\u005ftoken":"r-2","x":"\\"})",
      R"({"name":"M)" + std::string("\xfc") + R"(ller",)" + rest + "}",
      R"({"text":"a\"b\\","line":"a)" + std::string("\n") + R"(b",)" + rest + "}",
      R"({"refresh_token":"r-2"})",
      "{" + rest + "}garbage\"",
      "{" + rest + "}" + std::string(1, '\0'),
      "{" + rest,
      "{" + rest + ",",
      "{" + rest + R"(,"id_token":"i)",
      "{" + rest + R"(,"x":[{"y":1},)",
      R"({"deep":)" + deep + "," + rest + "}",
      "{" + rest + R"(,"x":{"refresh_token":"r-3","y":["}",{}]},"error":"","n":nul})",
      "{" + rest + R"(,"error":{"code":0}})",
      "{" + rest + ",}",
      "{" + rest + R"(,"x":})",
  };
  for (const std::string& body : broken) {
    CAPTURE(body);
    CHECK(issued(200, body) == "r-2");
    CHECK(issued(202, body, "text/html") == "r-2");
    CHECK(issued(400, body) == "");
    CHECK(issued(302, body) == "");
  }
  const std::vector<std::string> hopeless{
      "{" + rest + R"(,"refresh_token":"r-3"})",
      "{" + rest + R"(,"refresh_token":null})",
      "{" + rest + R"(,"error":"invalid_scope"})",
      "{" + rest + " garbage}",
      "[{" + rest + "}]",
      "x{" + rest + "}",
      R"({"x":{"refresh_token":"r-2"}})",
      R"({"refresh_token":"r-2)",
      R"({"refresh_token":"r)" + std::string("\xfc") + "\"}",
      R"({"refresh_token":7})",
      R"({"refresh_token":["r-2"]})",
      "{}",
      "{",
      "",
  };
  for (const std::string& body : hopeless) {
    CAPTURE(body);
    CHECK(issued(200, body) == "");
  }
  CHECK(issued(200, "access_token=a&refresh_token=r%2D2", "text/plain") == "r-2");
  CHECK(issued(200, "error=x&refresh_token=r-2", "text/plain") == "");
}

TEST_CASE("a token needs a visible access_token and a token_type") {
  for (const char* const body :
       {R"({"access_token":1,"token_type":"Bearer"})", R"({"access_token":"a\u00e4","token_type":"Bearer"})",
        R"({"access_token":"a\n","token_type":"Bearer"})", R"({"access_token":"a","token_type":1})",
        R"({"access_token":"a","token_type":null})", R"({"access_token":"a","token_type":""})",
        R"({"access_token":"a","access_token":"b","token_type":"Bearer"})", R"({"token_type":"Bearer"})"}) {
    CAPTURE(body);
    const auto result = read(password_request(), 200, body);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().extra.find("access_token") == std::string::npos);
  }
}

TEST_CASE("the token type is named canonically, an unknown one as it came with a warning") {
  const auto type = [](std::string_view written) {
    return read(password_request(), 200,
                R"({"access_token":"a","token_type":")" + std::string(written) + "\"}");
  };
  CHECK(type("BEARER")->token_type == "Bearer");
  CHECK(type("dpop")->token_type == "DPoP");
  CHECK(type("dpop")->warnings ==
        std::vector<std::string>{
            "The token is of the type DPoP, which was not asked for: it is bound to no key of this "
            "client, so no resource server should take it. Use --dpop."});
  CHECK(type("bearer")->warnings.empty());
  CHECK(type("mac")->token_type == "mac");
  CHECK(type("N_A")->warnings ==
        std::vector<std::string>{"What the server issued is no access token: issued_token_type says what it "
                                 "is (RFC 8693 s2.2.1)."});
  CHECK(type("mac")->warnings == std::vector<std::string>{"The token is of the unknown type \"mac\"."});
  CHECK(type("\\u001b[2J")->warnings ==
        std::vector<std::string>{"The token is of the unknown type \"\\x1b[2J\"."});
}

TEST_CASE("expires_in is read in every form that servers use") {
  struct Row {
    std::string written;
    std::optional<std::int64_t> lifetime;
    bool unusable;
    std::size_t warnings;
  };
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  const std::string zeros(400, '0');
  const Row rows[] = {
      {"3600", 3600, false, 0},
      {"\"3599\"", 3599, false, 0},
      {"3599.7", 3599, false, 0},
      {"3.6e3", 3600, false, 0},
      {"\" 60 \"", 60, false, 0},
      {"0", 0, true, 0},
      {"-0", 0, true, 0},
      {"0.5", 0, true, 0},
      {"-1", {}, true, 1},
      {"-0.5", {}, true, 1},
      {"\"-1\"", {}, true, 1},
      {"\"soon\"", {}, true, 1},
      {"\"\"", {}, true, 1},
      {"true", {}, true, 1},
      {"[3600]", {}, true, 1},
      {"{}", {}, true, 1},
      {"null", {}, false, 0},
      {"\"0x10\"", {}, true, 1},
      {"\"inf\"", {}, true, 1},
      {"\"nan\"", {}, true, 1},
      {"\"+60\"", {}, true, 1},
      {"\"12abc\"", {}, true, 1},
      {"9223372036854775807", largest, false, 0},
      {"9223372036854775808", largest, false, 0},
      {"1e400", largest, false, 0},
      {"1e30", largest, false, 0},
      {"1e-400", 0, true, 0},
      {"-1e400", {}, true, 1},
      {"1E-400", 0, true, 0},
      {"-1e-400", {}, true, 1},
      {"-1e30", {}, true, 1},
      {"-9223372036854775809", {}, true, 1},
      {"\"3600.9\"", 3600, false, 0},
      {"0." + zeros + "1", 0, true, 0},
      {"-0." + zeros + "1", {}, true, 1},
      {"0." + zeros + "1e+20", 0, true, 0},
      {"0." + zeros + "1e405", 10'000, false, 0},
      {"1" + zeros + ".5", largest, false, 0},
      {"1" + zeros + ".0e-20", largest, false, 0},
      {"1e99999999999999999999", largest, false, 0},
      {"0.1e+99999999999999999999", largest, false, 0},
      {"1.5e9223372036854775807", largest, false, 0},
      {"9e-99999999999999999999", 0, true, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.written);
    const auto token =
        read(password_request(), 200,
             R"({"access_token":"a","token_type":"Bearer","scope":"read","expires_in":)" + row.written + "}");
    REQUIRE(token);
    CHECK(token->lifetime.has_value() == row.lifetime.has_value());
    if (row.lifetime) {
      CHECK(token->lifetime->count() == *row.lifetime);
      CHECK(token->expires_at ==
            now + std::chrono::seconds(std::min<std::int64_t>(*row.lifetime, 315'360'000)));
    } else {
      CHECK_FALSE(token->expires_at);
    }
    CHECK(token->lifetime_unusable == row.unusable);
    CHECK(token->warnings.size() == row.warnings);
  }
}

TEST_CASE("the scope is the granted one, else the requested one; a narrower one is said") {
  const auto scope = [](std::string_view members) {
    return read(password_request(), 200,
                R"({"access_token":"a","token_type":"Bearer")" + std::string(members) + "}");
  };
  CHECK(scope("")->scope == "read");
  CHECK_FALSE(scope("")->scope_granted);
  CHECK(scope(R"(,"scope":null)")->scope == "read");
  CHECK(scope(R"(,"scope":"")")->scope == "read");
  CHECK(scope(R"(,"scope":"read write")")->scope == "read write");
  CHECK(scope(R"(,"scope":"Read")")->warnings.empty());
  CHECK(scope(R"(,"scope":"write")")->warnings ==
        std::vector<std::string>{"The granted scope is narrower than requested: read missing."});
  CHECK(scope(R"(,"scope":17)")->scope == "read");
  CHECK(scope(R"(,"scope":17)")->warnings.size() == 1);
}

TEST_CASE("standard members of an odd type are left out with a warning, unknown ones are kept as they are") {
  const auto token =
      read(password_request(), 200,
           R"({"access_token":"a","token_type":"Bearer","refresh_token":7,"id_token":{"a":1},)"
           R"("n":1.50,"big":12345678901234567890,"nothing":null,"list":[{}],"":"empty name"})");
  REQUIRE(token);
  CHECK(token->refresh_token.empty());
  CHECK(token->id_token.empty());
  CHECK(token->warnings.size() == 2);
  CHECK(token->extra.expose() ==
        R"({"n":1.50,"big":12345678901234567890,"nothing":null,"list":[{}],"":"empty name"})");
}

TEST_CASE("secrets of the request are masked wherever the server repeats them") {
  const std::string raw = "s3cr%t:+/& =";
  const Asked request = password_request();
  const std::vector<std::string> forms = {
      "correct horse+battery",
      "correct%20horse%2Bbattery",
      "correct+horse%2Bbattery",
      "correct%20horse%2bbattery",
      "Y29ycmVjdCBob3JzZStiYXR0ZXJ5",
      raw,
      "s3cr%25t%3A%2B%2F%26%20%3D",
      // Basic of "app:" and the encoded secret
      "YXBwOnMzY3IlMjV0JTNBJTJCJTJGJTI2JTIwJTNE",
  };
  for (const std::string& form : forms) {
    CAPTURE(form);
    const json body = {{"error", "invalid_grant"},
                       {"error_description", "bad " + form + "!"},
                       {"error_uri", "https://as.example/?" + form},
                       {"list", {{{"deep", "x" + form}}}},
                       {form, 1}};
    const auto result = read(request, 400, body.dump());
    REQUIRE_FALSE(result);
    const Error& error = result.error();
    const bool is_basic = form.substr(0, 3) == "YXB";
    const std::string left = is_basic ? "YXBwOn" : "";
    CHECK(error.description == "bad " + left + "[masked]!");
    CHECK(error.uri == "https://as.example/?" + left + "[masked]");
    CHECK(json::parse(error.extra) ==
          json({{"list", {{{"deep", "x" + left + "[masked]"}}}}, {left + "[masked]", 1}}));
    const auto unknown = read(request, 400, json({{"errorSummary", form}}).dump());
    CHECK(json::parse(unknown.error().extra) == json({{"errorSummary", left + "[masked]"}}));
  }
}

TEST_CASE("what may be secret in a header or in the endpoint's query is masked") {
  Asked request = password_request();
  request.endpoint += "?api_key=in%20query&resource=https%3A%2F%2Fapi.example";
  request.headers = {{"X-Api-Key", "in-header"}, {"Origin", "https://app.example"}};
  const auto result = read(
      request, 401,
      R"({"error":"invalid_client","error_description":"in query, in-header, https://api.example https://app.example"})");
  CHECK(result.error().description == "[masked], [masked], https://api.example https://app.example");
}

TEST_CASE("tokens are masked in the words of the answer that issued them") {
  const auto refused = read(password_request(), 400,
                            R"({"error":"invalid_grant","error_uri":"https://as.example/?t=token-two",)"
                            R"("error_description":"issued token-one, token-two and dG9rZW4tc2l4",)"
                            R"("list":["token-one"],"token-two":1,"access_token":"token-one",)"
                            R"("refresh_token":"token-two","id_token":"token-six"})");
  CHECK(refused.error().description == "issued [masked], [masked] and [masked]");
  CHECK(refused.error().uri == "https://as.example/?t=[masked]");
  CHECK(json::parse(refused.error().extra) == json({{"list", {"[masked]"}}, {"[masked]", 1}}));
  const auto unknown = read(password_request(), 401, R"({"access_token":"token-one","hint":"token-one"})");
  CHECK(json::parse(unknown.error().extra) == json({{"hint", "[masked]"}}));
  CHECK(read(password_request(), 200, R"({"access_token":"token-one","token_type":"token-one"})")->warnings ==
        std::vector<std::string>{R"(The token is of the unknown type "[masked]".)"});
  const std::string large(9000, 'x');
  CHECK(read(password_request(), 400,
             R"({"error":"x","access_token":")" + large + R"(","error_description":"issued )" + large + "\"}")
            .error()
            .description.find(large.substr(0, 4096)) == std::string::npos);
}

TEST_CASE("short secrets are masked as words of their own only, ordinary words never") {
  const auto description = [](const char* password, const char* text) {
    Asked request;
    request.grant = PasswordGrant{.username = "admin", .password = Secret(password)};
    const json body = {{"error", "invalid_grant"}, {"error_description", text}};
    return read(request, 400, body.dump()).error().description;
  };
  CHECK(description("admi", "Authentication failed for admin") == "Authentication failed for admin");
  CHECK(description("admi", "wrong: admi.") == "wrong: [masked].");
  CHECK(description("p", "a p b") == "a p b");
  CHECK(description("admi", "Zadmi 5admi _admi äadmi admiz admi9") == "Zadmi 5admi _admi äadmi admiz admi9");
  CHECK(description("admi", "{admi} [admi] `admi/admi:") == "{[masked]} [[masked]] `[masked]/[masked]:");
  CHECK(description("password", "invalid_username_or_password") == "invalid_username_or_password");
  CHECK(description("hunter2hunter2", "xhunter2hunter2x") == "x[masked]x");
}

TEST_CASE("Retry-After is read in seconds and as a date") {
  const auto wait = [](const char* value) {
    return read(password_request(), 503, "", json_type, {{"retry-after", value}}).error().retry_after;
  };
  using std::chrono::seconds;
  CHECK(wait("30") == seconds(30));
  CHECK(wait(" 0 ") == seconds(0));
  CHECK(wait("99999999999999999999") == seconds(315'360'000));
  CHECK(wait("Sat, 21 Nov 2026 12:01:00 GMT") == seconds(60));
  CHECK(wait("Saturday, 21-Nov-26 12:01:00 GMT") == seconds(60));
  CHECK(wait("Sat Nov 21 12:01:00 2026") == seconds(60));
  CHECK(wait("Sun Nov  1 12:01:00 2026") == seconds(0));
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT") == seconds(0));
  CHECK(wait("Thursday, 01-Jan-99 00:00:00 GMT") == seconds(0));
  CHECK(wait("Sat, 21 Nov 2026 12:00:60 GMT") == seconds(60));
  for (const char* const nonsense : {"-1",
                                     "soon",
                                     "",
                                     "1.5",
                                     "30s",
                                     "Sat, 31 Feb 2027 12:00:00 GMT",
                                     "Sat, 1a Feb 2027 12:00:00 GMT",
                                     "Sat, 99999999999 Feb 2027 12:00:00 GMT",
                                     "Sat, 21 Nav 2026 12:01:00 GMT",
                                     "Sat, 21 Nov 026 12:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:00 GMT +1",
                                     "Sat, 21 Nov 2026 24:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:60:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:61 GMT",
                                     "Sat, 21 Nov 2026 aa:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:aa:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:aa GMT",
                                     "Sat, 21 Nov 2026 12.01:00 GMT",
                                     "Sat, 21 Nov 2026 12:01.00 GMT",
                                     "Sat, 21 Nov 2026 12:01 GMT",
                                     "Sat, 21 Nov 2026 12:01:00 CET"}) {
    CAPTURE(nonsense);
    CHECK_FALSE(wait(nonsense));
  }
}

TEST_CASE("how long a server asks to wait is told, whether it was asked too often or is out of order") {
  const std::vector<HttpHeader> wait{{"Retry-After", "5"}};
  for (const int status : {429, 500, 503}) {
    CHECK(read(password_request(), status, "busy", "text/plain", wait).error().hint ==
          "It asks to wait 5 seconds.");
    CHECK(read(password_request(), status, R"({"error":"temporarily_unavailable"})", json_type, wait)
              .error()
              .hint == "It asks to wait 5 seconds.");
  }
  CHECK(read(password_request(), 503, "").error().hint == "Try again later.");
  CHECK(read(password_request(), 400, R"({"error":"invalid_grant"})", json_type, wait)
            .error()
            .hint.find("lock-out") != std::string::npos);
}

TEST_CASE("after an answer, only what spends nothing, or what the server itself asks for, may be repeated") {
  const Asked credentials;
  const std::vector<HttpHeader> wait{{"Retry-After", "5"}};
  for (const int status : {429, 503}) {
    CHECK_FALSE(read(password_request(), status, "", json_type, wait).error().retry_safe);
    CHECK(read(refresh_request(), status, "", json_type, wait).error().retry_safe);
    CHECK_FALSE(read(refresh_request(), status, "").error().retry_safe);
    CHECK(read(credentials, status, "").error().retry_safe);
  }
  CHECK_FALSE(read(refresh_request(), 500, "", json_type, wait).error().retry_safe);
  CHECK_FALSE(read(credentials, 400, R"({"error":"invalid_scope"})").error().retry_safe);
}

TEST_CASE(
    "a client refused in HTTP Basic is told of the encoding where the secret could be read in two ways") {
  const char* const body = R"({"error":"invalid_client"})";
  CHECK(read(password_request(), 401, body).error().hint.find("encoding") != std::string::npos);
  Asked plain = password_request();
  plain.authentication = ClientSecretBasic{"app", Secret("plain")};
  CHECK(read(plain, 401, body).error().hint.find("encoding") == std::string::npos);
}

TEST_CASE("a lenient reader takes a form, and an error in one") {
  const auto form = [](const char* body) {
    return read(password_request(), 200, body, "text/plain", {}, true);
  };
  const auto token = form("access_token=a%2Bb&token_type=bearer&expires_in=60&expires=9&x=%C3%A4");
  REQUIRE(token);
  CHECK(token->access_token.expose() == "a+b");
  CHECK(token->token_type == "Bearer");
  CHECK(token->lifetime == std::chrono::seconds(60));
  CHECK(extra_of(*token) == json({{"expires", "9"}, {"x", "\u00e4"}}));
  CHECK(form("error=invalid_grant&error_description=no+luck").error().description == "no luck");
  CHECK(class_of(form("hello")) == "protocol");
  CHECK(class_of(form("access_token=%zz")) == "protocol");
}

TEST_CASE("an introspection answer is the whole object, with a boolean active") {
  Asked request;
  const Secret token("token-token");
  const auto read_it = [&](int status, std::string_view body, const char* type = json_type) {
    return protocol::introspection_response(request.client(), {token, "access_token"},
                                            answer(status, {{"Content-Type", type}}, body), {.now = now});
  };
  CHECK(read_it(200, R"({"active":true,"exp":1.0,"aud":["a"]})")->expose() ==
        R"({"active":true,"exp":1.0,"aud":["a"]})");
  CHECK(read_it(200, R"( {"active":false} )")->expose() == R"({"active":false})");
  for (const char* const body : {R"({"active":"true"})", "{}", "[]", ""})
    CHECK(read_it(200, body).error().error_class == ErrorClass::protocol);
  CHECK(read_it(200, R"({"active":true})", "text/html").error().error_class == ErrorClass::protocol);
  CHECK(read_it(401, R"({"error":"invalid_client"})").error().error_class == ErrorClass::client_auth);
  CHECK(read_it(400, R"({"error":"x","error_description":"token-token"})").error().description == "[masked]");
}

TEST_CASE("a revocation is done when the server says so: 200 with an empty or JSON body") {
  Asked request;
  const Secret token("token-token");
  const auto outcome = [&](int status, std::string_view body, const char* type) {
    const auto result = protocol::revocation_response(
        request.client(), {token, ""}, answer(status, {{"Content-Type", type}}, body), {.now = now});
    return result ? "revoked" : std::string(to_string(result.error().error_class));
  };
  CHECK(outcome(200, "", "text/html") == "revoked");
  CHECK(outcome(200, "\n", "text/plain") == "revoked");
  CHECK(outcome(200, "{}", json_type) == "revoked");
  CHECK(outcome(200, "true", json_type) == "revoked");
  CHECK(outcome(200, "<html>log in</html>", "text/html") == "protocol");
  CHECK(outcome(200, "{", json_type) == "protocol");
  CHECK(outcome(204, "", json_type) == "protocol");
  CHECK(outcome(200, R"({"error":"invalid_client"})", json_type) == "client-auth");
  CHECK(outcome(400, R"({"error":"unsupported_token_type"})", json_type) == "request");
  CHECK(outcome(503, "", json_type) == "server");
  CHECK(outcome(302, "", json_type) == "protocol");
}
