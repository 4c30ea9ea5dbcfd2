#pragma once

// A request to a token endpoint, and what is made of the answer to it, by pure functions.

#include "protocol/token_response.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace world {

using namespace oauth_token;

// 2026-11-21 12:00:00 UTC
inline constexpr std::chrono::sys_seconds noon{std::chrono::seconds(1'795'262'400)};

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

inline HttpResponse answer(int status, std::vector<HttpHeader> headers, std::string_view body) {
  return {.status = status, .headers = std::move(headers), .body = Secret(body)};
}

inline Asked password_request() {
  Asked asked;
  asked.authentication = ClientSecretBasic{"app", Secret("s3cr%t:+/& =")};
  asked.grant =
      PasswordGrant{.username = "alice", .password = Secret("correct horse+battery"), .scope = {"read"}};
  return asked;
}

inline Asked refresh_request() {
  Asked asked;
  asked.grant = RefreshTokenGrant{.refresh_token = Secret("refresh-token-1")};
  return asked;
}

inline constexpr auto json_type = "application/json";

inline Result<Token> read(const Asked& asked, int status, std::string_view body, const char* type = json_type,
                          std::vector<HttpHeader> headers = {}, bool lenient = false) {
  if (type != nullptr) headers.push_back({"Content-Type", type});
  return protocol::token_response(asked.client(), asked.grant, answer(status, std::move(headers), body),
                                  {.now = noon, .lenient = lenient});
}

/// The members that the library has no name for.
inline nlohmann::json extra_of(const Token& token) {
  return token.extra.empty() ? nlohmann::json::object() : nlohmann::json::parse(token.extra.expose());
}

inline std::string class_of(const Result<Token>& result) {
  return result ? "token" : std::string(to_string(result.error().error_class));
}

}  // namespace world
