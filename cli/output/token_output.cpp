#include "token_output.hpp"

#include "base/characters.hpp"
#include "github_output.hpp"
#include "output.hpp"
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

Result<void> print_token_object(const Context& context, const Settings& settings, const Token& token,
                                std::string_view session) {
  json::Writer object;
  append_token_members(object.begin_object(), token, settings.flag("show-refresh-token"));
  object.optional_member("session", session);
  append_token_rest(object, token);
  return write_json_answer(context, settings, object.end_object().take());
}

void append_assignment(SecretBuffer& out, std::string_view text) {
  out.append("ACCESS_TOKEN='");
  append_replacing(out, text, '\'', "'\\''");
  out.append("'\n");
}

Result<void> write_token(const Context& context, const Settings& settings, const Token& token,
                         std::string_view session) {
  const std::string_view form = output_form(settings);
  if (form == "json" || settings.given("field")) {
    return print_token_object(context, settings, token, session);
  }
  if (form == "none") return {};
  if (form == "github") return write_github_output(context, token.access_token);
  SecretBuffer answer;
  if (form == "header") {
    if (auto fits = append_header(answer, token); !fits) return fits;
  } else if (form == "env") {
    append_assignment(answer, token.access_token.expose());
  } else if (isatty(context.output) != 0) {
    append_for_terminal(answer, token.access_token.expose());
    answer.append('\n');
  } else {
    answer.append(token.access_token.expose()).append('\n');
  }
  return write_answer(context, answer.expose());
}

}  // namespace

Result<void> check_refresh_token_is_shown(const Settings& settings) {
  const bool in_json = output_form(settings) == "json" || settings.given("field");
  if (!settings.flag("show-refresh-token") || settings.command->forms.empty() || in_json) return {};
  return fail(ErrorClass::usage, "--show-refresh-token is for the JSON answer.",
              "Add -o json or --field refresh_token.");
}

void append_token_members(json::Writer& object, const Token& token, bool with_refresh_token) {
  object.member("access_token", token.access_token.expose()).optional_member("token_type", token.token_type);
  if (token.expires_at) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto left = std::max(*token.expires_at - now, std::chrono::seconds(0));
    object.member("expires_in", std::int64_t{left.count()})
        .member("expires_at", time_text(*token.expires_at));
  }
  object.optional_member("scope", token.scope).optional_member("id_token", token.id_token.expose());
  if (with_refresh_token) object.optional_member("refresh_token", token.refresh_token.expose());
}

void append_token_rest(json::Writer& object, const Token& token) {
  object.member("warnings", token.warnings).name("extra");
  append_object(object, token.extra.expose());
}

Result<void> append_header(SecretBuffer& out, const Token& token) {
  if (!equal_ignoring_case(token.token_type, "Bearer")) {
    return fail(ErrorClass::protocol,
                token.token_type.empty() ? "The server did not say of which type the token is."
                                         : "The token is of type \"" + token.token_type + "\", not Bearer.",
                token.token_type == "DPoP"
                    ? "Each request needs a proof, too: oauth-token dpop-proof METHOD URL -o header."
                    : "Use -o token or -o json.");
  }
  return append_authorization(out, "Bearer", token);
}

Result<void> append_authorization(SecretBuffer& out, std::string_view scheme, const Token& token) {
  const std::string_view text = token.access_token.expose();
  if (!is_visible_ascii(text)) {
    return fail(ErrorClass::protocol, "The access token holds characters that a header cannot carry.",
                "Use -o token or -o json.");
  }
  out.append("Authorization: ").append(scheme).append(' ').append(text).append('\n');
  return {};
}

Result<void> print_token(const Context& context, const Settings& settings, const Token& token,
                         std::string_view session) {
  for (const std::string& sentence : token.warnings) warn(context, sentence);
  auto written = write_token(context, settings, token, session);
  if (written) return written;
  std::string& hint = written.error().hint;
  hint += hint.empty() ? "" : " ";
  hint += session.empty() ? "The token is lost." : "The session is kept.";
  return written;
}

Result<int> print_unkept_token(const Context& context, const Settings& settings, std::optional<Token> token,
                               Error error) {
  if (token) {
    auto printed = print_token(context, settings, *token, "");
    if (!printed) warn(context, printed.error().message + " The token is lost.");
    error.sent = std::max(error.sent, context.sent);
  }
  return fail(std::move(error));
}

std::string time_text(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace oauth_token::cli
