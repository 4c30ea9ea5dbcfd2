#pragma once

#include "fuzzing.hpp"
#include "protocol/token_response.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/json.hpp>

namespace fuzzing {

inline constexpr std::string_view password = "correct-horse-battery";
inline constexpr std::string_view client_secret = "s3cr%t:+/& =";
inline constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'795'262'400)};

/// "STATUS NAME: VALUE LF ... LF LF BODY" as a response.
inline oauth_token::HttpResponse response(std::string_view input) {
  oauth_token::HttpResponse response;
  int status = 0;
  for (const char c : take_until(input, '\n')) status = (status * 10 + (c & 15)) % 1000;
  response.status = status < 200 ? status + 200 : status;
  while (!input.empty()) {
    std::string_view line = take_until(input, '\n');
    if (line.empty()) break;
    const std::string_view name = take_until(line, ':');
    response.headers.push_back({std::string(name), std::string(line.substr(line.starts_with(' ') ? 1 : 0))});
  }
  response.body = oauth_token::Secret(input);
  return response;
}

inline void has_no_secret(std::string_view text) {
  must(text.find(password) == std::string_view::npos, "a password that the server repeats is masked");
  must(text.find(client_secret) == std::string_view::npos,
       "a client secret that the server repeats is masked");
}

inline void check_answer_error(const oauth_token::Error& error) {
  check(error);
  for (const std::string* text : {&error.message, &error.hint, &error.description, &error.uri, &error.code})
    has_no_secret(*text);
  has_no_secret(error.extra);
  const auto extra = oauth_token::json::parse(oauth_token::Secret(error.extra), {.lone_surrogates = true});
  must(extra && extra->root().is_object(), "the extra members are a JSON object");
}

inline void check_token(const oauth_token::Token& token, bool lenient) {
  must(!token.access_token.empty(), "a token is not empty");
  must(lenient || !token.token_type.empty(), "a token has a type");
  must(!token.expires_at || *token.expires_at >= now, "no token has ended before it was issued");
  if (token.extra.empty()) return;
  const auto extra = oauth_token::json::parse(token.extra.copy(), {.lone_surrogates = true});
  must(extra && extra->root().is_object(), "the extra members are a JSON object");
}

/// The answer to a password request, read in the usual way and leniently.
inline void read_answer_to_password(std::string_view input) {
  using namespace oauth_token;
  const std::string endpoint = "https://as.example/token";
  const ClientAuthentication authentication =
      ClientSecretBasic{.client_id = "app", .client_secret = Secret(client_secret)};
  const Secret assertion;
  const std::vector<HttpHeader> headers;
  const protocol::ClientRequest client{endpoint, authentication, assertion, headers};
  const Grant grant = PasswordGrant{.username = "alice", .password = Secret(password), .scope = {"read"}};
  for (const bool lenient : {false, true}) {
    const auto token =
        protocol::token_response(client, grant, response(input), {.now = now, .lenient = lenient});
    if (token)
      check_token(*token, lenient);
    else
      check_answer_error(token.error());
    [[maybe_unused]] const Secret issued =
        protocol::issued_refresh_token(response(input), {.now = now, .lenient = lenient});
  }
}

}  // namespace fuzzing
