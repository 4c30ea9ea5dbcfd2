#include "support/token_answer.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace wire_cases_test {

using nlohmann::json;
using namespace world;

// What real servers answered, and what is to be made of it: data/wire-cases.json.

namespace {

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

HttpResponse answer(const json& response) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : response.at("headers").items())
    headers.push_back({name, value.get<std::string>()});
  return world::answer(response.at("status"), std::move(headers), response.at("body").get<std::string>());
}

json optional_text(std::string_view text) { return text.empty() ? json(nullptr) : json(text); }

json fields_of(const Token& token) {
  return {{"access_token", token.access_token.expose()},
          {"expires_in", token.lifetime ? json(token.lifetime->count()) : json(nullptr)},
          {"refresh_token", optional_text(token.refresh_token.expose())},
          {"scope", optional_text(token.scope_granted ? token.scope : "")},
          {"id_token", optional_text(token.id_token.expose())}};
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
    CHECK(token->expires_at == noon + std::min(*token->lifetime, std::chrono::seconds(315'360'000)));
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
    CHECK(error.retry_after == std::chrono::seconds(1'988'150'399) - noon.time_since_epoch());
  if (expect.value("retry", "") == "never-automatic") CHECK_FALSE(error.retry_safe);
}

json wire_cases() {
  std::ifstream file(TEST_DATA "/wire-cases.json");
  return json::parse(file);
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
                                                         answer(one["response"]), {.now = noon});
      CHECK(revoked.has_value() == (expect["kind"] == "revoked"));
      if (!revoked) check_error(expect, revoked.error());
      continue;
    }
    const auto token =
        protocol::token_response(request.client(), request.grant, answer(one["response"]), {.now = noon});
    if (expect["kind"] == "token") {
      check_token(expect, request, token);
    } else {
      REQUIRE_FALSE(token);
      check_error(expect, token.error());
    }
    if (expect.contains("lenient"))
      check_token(expect["lenient"], request,
                  protocol::token_response(request.client(), request.grant, answer(one["response"]),
                                           {.now = noon, .lenient = true}));
  }
}

}  // namespace wire_cases_test
