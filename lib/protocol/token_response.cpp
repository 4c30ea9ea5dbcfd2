#include "protocol/token_response.hpp"

#include "base/characters.hpp"
#include "protocol/answer.hpp"
#include "protocol/form.hpp"
#include "protocol/numbers.hpp"
#include "protocol/salvage.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace oauth_token::protocol {
namespace {

constexpr std::string_view standard_members =
    "access_token token_type expires_in refresh_token scope id_token";

std::string_view other_basic_encoding(const ClientAuthentication& authentication) {
  const auto* const basic = std::get_if<ClientSecretBasic>(&authentication);
  if (basic == nullptr) return {};
  SecretBuffer encoded;
  append_form_encoded(encoded, basic->client_id);
  append_form_encoded(encoded, basic->client_secret.expose());
  if (encoded.size() == basic->client_id.size() + basic->client_secret.size()) return {};
  return basic->encoding == BasicEncoding::form ? "raw" : "form";
}

bool is_by_nothing(const ClientAuthentication& authentication) {
  return std::holds_alternative<NoAuthentication>(authentication);
}

// RFC 6749 A.12: printable ASCII.
bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string canonical_type(std::string_view type) {
  for (const std::string_view known : {"Bearer", "DPoP"})
    if (equal_ignoring_case(type, known)) return std::string(known);
  return std::string(type);
}

void read_type(Token& token, const json::Value& root, const AnswerContext& context) {
  token.token_type = canonical_type(root["token_type"].text().value_or(""));
  if (token.token_type.empty())
    token.warnings.emplace_back("The server named no token_type.");
  else if (equal_ignoring_case(token.token_type, "N_A"))
    token.warnings.emplace_back(
        "What the server issued is no access token: issued_token_type says what it is (RFC 8693 s2.2.1).");
  else if (token.token_type != "Bearer" && token.token_type != "DPoP")
    token.warnings.push_back("The token is of the unknown type \"" +
                             escape_for_terminal(masker_of(root, context)(token.token_type.substr(0, 64))) +
                             "\".");
}

void read_lifetime(Token& token, const json::Value& value, std::chrono::sys_seconds now) {
  if (!value) return;
  const auto seconds = number_of_seconds(value);
  token.lifetime_unusable = !seconds || seconds->count() <= 0;
  if (!seconds) {
    token.warnings.emplace_back("The server's expires_in is not a number: lifetime unknown.");
  } else if (seconds->count() < 0) {
    token.warnings.emplace_back("The server's expires_in is negative: lifetime unknown.");
  } else {
    token.lifetime = *seconds;
    token.expires_at = later(now, *seconds);
  }
}

void warn_of_narrower_scope(Token& token, const Grant& grant) {
  const auto is_granted = [&](std::string_view wanted) {
    // Entra re-cases scopes, and shows by the refresh token that it granted this one.
    if (wanted == "offline_access" && !token.refresh_token.empty()) return true;
    for (std::string_view rest = token.scope; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(' '));
      if (equal_ignoring_case(one, wanted)) return true;
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
    return false;
  };
  const std::string requested = requested_scope(grant);
  std::string missing;
  for (std::string_view rest = requested; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    if (!one.empty() && !is_granted(one)) missing += (missing.empty() ? "" : " ") + std::string(one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  if (!missing.empty())
    token.warnings.push_back("The granted scope is narrower than requested: " + escape_for_terminal(missing) +
                             " missing.");
}

void read_scope(Token& token, const json::Value& value, const Grant& grant) {
  if (value.type() == json::Type::array) {
    for (const json::Value element : value)
      if (const auto text = element.text())
        token.scope += (token.scope.empty() ? "" : " ") + std::string(*text);
    token.warnings.emplace_back("The server's scope came as an array.");
  } else if (const auto text = value.text()) {
    token.scope = *text;
  } else if (value) {
    token.warnings.emplace_back("The server's scope is no text and was left out.");
  }
  token.scope_granted = !token.scope.empty();
  if (token.scope_granted)
    warn_of_narrower_scope(token, grant);
  else
    token.scope = requested_scope(grant);
}

Secret read_secret(Token& token, const json::Value& value) {
  if (const auto text = value.text()) return Secret(*text);
  if (value)
    token.warnings.push_back("The server's " + std::string(value.name()) + " is no text and was left out.");
  return {};
}

Secret other_members(const json::Value& root) {
  json::Writer extra;
  for (const json::Value member : root) {
    if (has_word(standard_members, member.name())) continue;
    if (extra.expose().empty()) extra.begin_object();
    extra.name(member.name()).value(member);
  }
  if (!extra.expose().empty()) extra.end_object();
  return extra.take();
}

Token token_from(const json::Value& root, const Grant& grant, const AnswerContext& context) {
  Token token;
  token.access_token = Secret(*root["access_token"].text());
  token.refresh_token = read_secret(token, root["refresh_token"]);
  token.id_token = read_secret(token, root["id_token"]);
  read_type(token, root, context);
  read_lifetime(token, root["expires_in"], context.now);
  read_scope(token, root["scope"], grant);
  token.extra = other_members(root);
  return token;
}

struct Fault {
  std::string problem;
  std::string reason;
};

// Why the object of an answer that says nothing of an error is no token.
std::optional<Fault> fault_of(const Answer& answer, const Reading& reading) {
  const json::Value root = answer.root();
  const json::Value access_token = root["access_token"];
  if (access_token && answer.status != 200)
    return Fault{"The answer holds a token, but its status is not 200.", "status"};
  if (!access_token)
    return Fault{"The JSON of the answer has neither an access_token nor an error.", "no-token"};
  const auto text = access_token.text();
  if (!text) return Fault{"The access_token of the answer is no text.", "no-token"};
  if (text->empty()) return Fault{"The access_token of the answer is empty.", "no-token"};
  if (!is_visible(*text))
    return Fault{"The access_token of the answer has characters that no token has.", "no-token"};
  const json::Value type = root["token_type"];
  if (type && !type.text()) return Fault{"The token_type of the answer is no text.", "token-type"};
  if (!reading.lenient && (!type || type.text()->empty()))
    return Fault{"The answer lacks the token_type (required by RFC 6749 s5.1).", "token-type"};
  if (reading.dpop == DpopUse::required && !equal_ignoring_case(type.text().value_or(""), "DPoP"))
    return Fault{"The server issued a token that is not bound to the key: its type is not DPoP.", "dpop"};
  return std::nullopt;
}

AnswerContext context_of_query(const ClientRequest& client, const TokenQuery& query, const Reading& reading) {
  return {.kind = RequestKind::query,
          .now = reading.now,
          .lenient = reading.lenient,
          .other_basic_encoding = other_basic_encoding(client.authentication),
          .by_certificate = is_by_certificate(client.authentication),
          .by_nothing = is_by_nothing(client.authentication),
          .url = client.endpoint,
          .masker = [&] { return masker(client, query); }};
}

}  // namespace

Result<Token> token_response(const ClientRequest& client, const Grant& grant, HttpResponse response,
                             const Reading& reading) {
  const AnswerContext context{.kind = kind_of(grant),
                              .now = reading.now,
                              .lenient = reading.lenient,
                              .other_basic_encoding = other_basic_encoding(client.authentication),
                              .by_certificate = is_by_certificate(client.authentication),
                              .by_nothing = is_by_nothing(client.authentication),
                              .grant_type = std::string(grant_type(grant)),
                              .url = client.endpoint,
                              .masker = [&] { return masker(client, grant); }};
  const Answer answer = read_answer(std::move(response), context);
  if (auto error = refusal(answer, context)) return fail(std::move(*error));
  if (!answer.succeeded() || !answer.root().is_object()) return fail(no_oauth_answer(answer, context));
  if (auto fault = fault_of(answer, reading))
    return fail(no_oauth_answer(answer, context, std::move(fault->problem), std::move(fault->reason)));
  Token token = token_from(answer.root(), grant, context);
  if (reading.dpop != DpopUse::none && token.token_type != "DPoP")
    token.warnings.emplace_back("The token is not bound to the key: the server does not bind its tokens.");
  // RFC 6749 s7.1: of no use, like one of an unknown type.
  if (reading.dpop == DpopUse::none && token.token_type == "DPoP")
    token.warnings.emplace_back(
        "The token is of the type DPoP, which was not asked for: it is bound to no key of this client, so no "
        "resource server should take it. Use --dpop.");
  return token;
}

Secret issued_refresh_token(HttpResponse response, const Reading& reading) {
  if (response.status < 200 || response.status >= 300) return {};
  Secret salvaged = salvaged_refresh_token(response.body.expose());
  if (!salvaged.empty()) return salvaged;
  // A form, perhaps.
  const Answer answer = read_answer(std::move(response), {.now = reading.now, .lenient = true});
  const json::Value root = answer.root();
  const bool is_error = !root["error"].text().value_or("").empty();
  return is_error ? Secret() : Secret(root["refresh_token"].text().value_or(""));
}

Result<Secret> introspection_response(const ClientRequest& client, const TokenQuery& query,
                                      HttpResponse response, const Reading& reading) {
  const AnswerContext context = context_of_query(client, query, reading);
  const Answer answer = read_answer(std::move(response), context);
  if (auto error = refusal(answer, context)) return fail(std::move(*error));
  if (answer.status != 200 || !answer.root().is_object()) return fail(no_oauth_answer(answer, context));
  if (!answer.root()["active"].boolean())
    return fail(
        no_oauth_answer(answer, context, "The answer does not say whether the token is active.", "json"));
  json::Writer object;
  object.value(answer.root());
  return object.take();
}

Result<void> revocation_response(const ClientRequest& client, const TokenQuery& query, HttpResponse response,
                                 const Reading& reading) {
  const AnswerContext context = context_of_query(client, query, reading);
  const Answer answer = read_answer(std::move(response), context);
  if (auto error = refusal(answer, context)) return fail(std::move(*error));
  // The body has nothing to say (RFC 7009 section 2.2), but a page shows that somebody else has answered.
  const bool is_other_text = answer.reason == "content-type" && !answer.is_page;
  if (answer.status == 200 && (answer.document || answer.reason == "empty" || is_other_text)) return {};
  return fail(
      no_oauth_answer(answer, context, "The answer does not say that the token was revoked.", "json"));
}

}  // namespace oauth_token::protocol
