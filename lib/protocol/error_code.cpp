#include "protocol/error_code.hpp"

#include "base/characters.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace oauth_token::protocol {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// RFC 9110 s15, with the older wordings that are still in use, and those of nginx and Apache.
constexpr std::array phrases{
    Phrase{200, "OK"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{401, "Authorization Required"},
    Phrase{402, "Payment Required"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{405, "Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{408, "Request Time-out"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{413, "Payload Too Large"},
    Phrase{413, "Request Entity Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{414, "Request-URI Too Long"},
    Phrase{414, "Request-URI Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{416, "Requested Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{418, "I'm a teapot"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{422, "Unprocessable Entity"},
    Phrase{423, "Locked"},
    Phrase{424, "Failed Dependency"},
    Phrase{425, "Too Early"},
    Phrase{426, "Upgrade Required"},
    Phrase{428, "Precondition Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{451, "Unavailable For Legal Reasons"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{503, "Service Temporarily Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{504, "Gateway Time-out"},
    Phrase{505, "HTTP Version Not Supported"},
    Phrase{506, "Variant Also Negotiates"},
    Phrase{507, "Insufficient Storage"},
    Phrase{508, "Loop Detected"},
    Phrase{510, "Not Extended"},
    Phrase{511, "Network Authentication Required"},
};

struct Meaning {
  std::string_view code;
  ErrorClass error_class;
};

constexpr std::array meanings{
    Meaning{"incorrect_client_credentials", ErrorClass::client_auth},
    Meaning{"unsupported_grant_type", ErrorClass::grant_not_allowed},
    Meaning{"invalid_scope", ErrorClass::scope},
    Meaning{"invalid_target", ErrorClass::scope},
    Meaning{"invalid_resource", ErrorClass::scope},
    Meaning{"invalid_request", ErrorClass::request},
    Meaning{"insufficient_scope", ErrorClass::request},
    Meaning{"use_dpop_nonce", ErrorClass::request},
    Meaning{"invalid_dpop_proof", ErrorClass::request},
    Meaning{"mfa_required", ErrorClass::mfa},
    Meaning{"two_factor_required", ErrorClass::mfa},
    Meaning{"authorization_pending", ErrorClass::mfa},
    Meaning{"slow_down", ErrorClass::mfa},
    Meaning{"change_password_required", ErrorClass::password_change},
    Meaning{"password_change_required", ErrorClass::password_change},
    Meaning{"password_reset_required", ErrorClass::password_change},
    Meaning{"password_expired", ErrorClass::password_change},
    Meaning{"password_leaked", ErrorClass::password_change},
    Meaning{"interaction_required", ErrorClass::interaction},
    Meaning{"login_required", ErrorClass::interaction},
    Meaning{"consent_required", ErrorClass::interaction},
    Meaning{"account_selection_required", ErrorClass::interaction},
    Meaning{"email_verification_required", ErrorClass::interaction},
    Meaning{"sso_required", ErrorClass::interaction},
    Meaning{"requires_verification", ErrorClass::interaction},
    Meaning{"insufficient_user_authentication", ErrorClass::interaction},
    Meaning{"unmet_authentication_requirements", ErrorClass::interaction},
    Meaning{"temporarily_unavailable", ErrorClass::rate_limited},
    Meaning{"server_error", ErrorClass::server},
};

constexpr std::string_view grant_refused = "invalid_grant access_denied unauthorized invalid_token";

// What some servers say of a refresh token in place of invalid_grant.
constexpr std::string_view refresh_refused =
    "token_inactive expired_token invalid_refresh_token bad_refresh_token";

constexpr std::string_view second_factors = "mfa 2fa otp factor";

bool names_a_second_factor(std::string_view code) {
  return any_word(second_factors,
                  [&](std::string_view factor) { return code.find(factor) != std::string_view::npos; });
}

ErrorClass class_of_refused_grant(RequestKind kind) {
  if (kind == RequestKind::password) return ErrorClass::credentials;
  return kind == RequestKind::refresh ? ErrorClass::reauthenticate : ErrorClass::request;
}

ErrorClass class_of_unknown_code(std::string_view code, int status, RequestKind kind) {
  if (status >= 500) return ErrorClass::server;
  if (status == 404) return ErrorClass::protocol;
  // It misses something, and has not refused the password.
  const bool is_demand = code.ends_with("_required");
  if (is_demand && names_a_second_factor(code)) return ErrorClass::mfa;
  const bool is_refusal = !is_demand && (status == 401 || status == 403);
  return is_refusal && kind == RequestKind::password ? ErrorClass::credentials : ErrorClass::request;
}

// "401 Unauthorized", as some frameworks write it.
std::string_view without_status(std::string_view error, int status) {
  const std::string number = std::to_string(status) + " ";
  return error.substr(error.starts_with(number) ? number.size() : 0);
}

}  // namespace

bool is_error_code(std::string_view error, int status) {
  const auto is_allowed = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (error.empty() || !std::all_of(error.begin(), error.end(), is_allowed)) return false;
  const std::string_view text = without_status(error, status);
  return std::none_of(phrases.begin(), phrases.end(),
                      [&](const Phrase& phrase) { return phrase.status == status && phrase.text == text; });
}

ErrorClass class_of_code(std::string_view code, int status, RequestKind kind) {
  if (status == 429 || code.starts_with("too_many_") || code.starts_with("rate_limit"))
    return ErrorClass::rate_limited;
  if (code.starts_with("invalid_client")) return ErrorClass::client_auth;
  for (const Meaning& meaning : meanings)
    if (meaning.code == code) return meaning.error_class;
  if (code == "unauthorized_client")
    return status == 401 ? ErrorClass::client_auth : ErrorClass::grant_not_allowed;
  if (has_word(grant_refused, code)) return class_of_refused_grant(kind);
  if (kind == RequestKind::refresh && has_word(refresh_refused, code)) return ErrorClass::reauthenticate;
  return class_of_unknown_code(code, status, kind);
}

ErrorClass class_of_status(int status) {
  if (status == 429) return ErrorClass::rate_limited;
  if (status >= 500) return ErrorClass::server;
  return status == 401 ? ErrorClass::client_auth : ErrorClass::protocol;
}

}  // namespace oauth_token::protocol
