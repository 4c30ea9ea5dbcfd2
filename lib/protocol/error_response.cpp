#include "base/sentence.hpp"
#include "protocol/answer.hpp"
#include "protocol/error_code.hpp"
#include "protocol/public_url.hpp"
#include "protocol/shown_members.hpp"

#include <oauth_token/text.hpp>

#include <array>
#include <utility>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest_challenge = 200;

// An operator wants to know who it was that answered: a gateway, an old address, another server.
std::string who_answered(int status, const AnswerContext& context) {
  const std::string url = url_in_sentence(context.url);
  return "HTTP " + std::to_string(status) + (url.empty() ? "" : " from " + url);
}

// Perhaps it is a gateway that refuses, and wants something else than the server does.
std::string asked_for(const Secret& challenge, const AnswerContext& context) {
  if (challenge.empty()) return {};
  return ", which asks for " +
         escape_for_terminal(context.masker()(challenge.expose()).substr(0, longest_challenge));
}

Error error_from(const Answer& answer, ErrorClass error_class) {
  return {.error_class = error_class,
          .http_status = answer.status,
          .retry_after = answer.retry_after,
          .sent = Sent::yes};
}

// After an answer, a password was counted and a refresh token was seen: only a server that asks for it gets
// the latter again.
bool may_repeat_after_answer(RequestKind kind, const Error& error) {
  if (error.error_class != ErrorClass::rate_limited && error.error_class != ErrorClass::server) return false;
  if (kind == RequestKind::refresh)
    return error.retry_after && (error.http_status == 429 || error.http_status == 503);
  return kind == RequestKind::client_credentials || kind == RequestKind::query;
}

struct Sentence {
  ErrorClass error_class;
  std::string_view message;
  std::string_view hint;
};

constexpr std::array sentences{
    Sentence{ErrorClass::credentials, "The server refused the user name or password.",
             "A locked or expired account often looks the same; each wrong try counts toward a lock-out."},
    Sentence{ErrorClass::reauthenticate, "The server no longer takes the refresh token.", "Sign in again."},
    Sentence{ErrorClass::mfa, "The server wants a second factor.",
             "Send the one-time code along, e.g. with --prompt-param totp; the server's manual names it "
             "(otp, totp, passcode)."},
    Sentence{ErrorClass::password_change, "The server wants a new password first.",
             "Change it on the server's own pages, then sign in again."},
    Sentence{ErrorClass::interaction, "The server wants the user in a browser.",
             "Do there what it asks for, or have the server's administrator exempt this client."},
    Sentence{
        ErrorClass::client_auth, "The server refused the client's own authentication.",
        "Check client id, client secret and the authentication method that the client is registered for."},
    Sentence{ErrorClass::grant_not_allowed, "This client may not use this grant at the server.",
             "The server's administrator has to allow it for the client."},
    Sentence{ErrorClass::scope, "The server refused the scope or resource that was asked for.",
             "Ask for what this client and user may have."},
    Sentence{ErrorClass::request, "The server refused the request.",
             "The server's own words say what it did not like."},
    Sentence{ErrorClass::rate_limited, "The server was asked too often.", "Wait before the next try."},
    Sentence{ErrorClass::server, "The server says that it is out of order.", "Try again later."},
};

struct CodeHint {
  std::string_view code;
  std::string_view hint;
};

// Where the code says more than its class.
constexpr std::array code_hints{
    CodeHint{"authorization_pending",
             "It waits for a confirmation elsewhere, e.g. on a telephone: ask again once that is given."},
    CodeHint{"slow_down", "It waits for a confirmation elsewhere, and was asked for it too often."},
    CodeHint{
        "too_many_attempts",
        "Waiting may not help: the account has to be unblocked, in the way that the server's words say."},
    CodeHint{"use_dpop_nonce", "It binds tokens to a key (RFC 9449): use --dpop."},
    CodeHint{"invalid_dpop_proof",
             "Most often a clock is wrong: oauth-token doctor compares this machine's with the server's. A "
             "server that misses the proof wants --dpop."},
};

// Of Auth0 and Okta: the code alone, beside the password, would be no use.
constexpr std::string_view mfa_token_hint =
    "The mfa_token that it sent (-o json shows it) goes into a second request: oauth-token request "
    "http://auth0.com/oauth/grant-type/mfa-otp --prompt-param mfa_token --prompt-param otp.";

constexpr std::string_view lenient_hint =
    "If the server is known to answer so, take its answers with --lenient; else check the address.";

constexpr std::string_view nothing_there = "There is nothing at this address";
constexpr std::string_view address_hint =
    "Check the path of the endpoint's address; look for a missing or additional slash.";

/// The program never tries the other encoding by itself: each try may count toward a lock-out.
std::string basic_hint(const AnswerContext& context) {
  return "Servers differ in how they read the special characters of this client id or secret in HTTP Basic: "
         "try --basic-encoding " +
         std::string(context.other_basic_encoding) + ", or --client-auth client_secret_post.";
}

void describe(Error& error, const AnswerContext& context) {
  for (const Sentence& sentence : sentences)
    if (sentence.error_class == error.error_class) {
      error.message = sentence.message;
      error.hint = sentence.hint;
    }
  if (error.error_class == ErrorClass::client_auth && !context.other_basic_encoding.empty())
    error.hint = basic_hint(context);
  if (error.error_class == ErrorClass::client_auth && context.by_nothing)
    error.hint =
        "No client secret was sent (client-auth is none). If the client has one: --client-secret-file FILE, "
        "or oauth-token profile set PROFILE --client-secret-prompt.";
  if (error.code == "unsupported_grant_type" && context.kind == RequestKind::extension) {
    error.message =
        "The server does not support the grant type " + quote_for_terminal(context.grant_type) + ".";
    error.hint = "Check how the server's manual writes it, and what this client is registered for.";
  }
  if (error.error_class == ErrorClass::client_auth && context.by_certificate)
    error.hint =
        "The certificate must be the one that the client is registered with, and the server must ask for it "
        "at this address: `oauth-token doctor` says whether it does.";
  if (error.error_class == ErrorClass::protocol && error.http_status == 404) {
    error.message = std::string(nothing_there) + " (" + who_answered(404, context) + ").";
    error.hint = address_hint;
  }
  if (error.code == "temporarily_unavailable")
    error.message = "The server is overloaded or out of order for the moment.";
  for (const CodeHint& each : code_hints)
    if (each.code == error.code) error.hint = each.hint;
  if (error.http_status == 511 && error.code.empty()) {
    error.message = "The network wants a sign-in of its own first.";
    error.hint = "Open any web page in a browser, sign in there, and try again.";
  }
  const bool may_pass =
      error.error_class == ErrorClass::rate_limited || error.error_class == ErrorClass::server;
  if (may_pass && error.retry_after)
    error.hint = "It asks to wait " + std::to_string(error.retry_after->count()) + " seconds.";
}

Error oauth_error(const Answer& answer, const AnswerContext& context, std::string_view code) {
  const json::Value root = answer.root();
  const Masker mask = masker_of(root, context);
  Error error = error_from(answer, class_of_code(code, answer.status, context.kind));
  error.code = mask(code);
  if (const auto text = root["error_description"].text()) error.description = mask(*text);
  if (const auto text = root["error_uri"].text()) error.uri = mask(*text);
  error.extra = shown_members(root, mask, Texts::masked, [](const json::Value& member) {
    const std::string_view name = member.name();
    if (name == "error") return true;
    return (name == "error_description" || name == "error_uri") && (member.text() || !member);
  });
  error.retry_safe = may_repeat_after_answer(context.kind, error);
  describe(error, context);
  if (error.error_class == ErrorClass::mfa && root["mfa_token"].text()) error.hint = mfa_token_hint;
  return error;
}

std::string hint_for(const Answer& answer, const AnswerContext& context, std::string_view reason) {
  if (answer.status == 404) return std::string(address_hint);
  if (answer.status == 405) return "This address takes no POST: is it the endpoint?";
  if (reason == "empty" && answer.status == 403 && context.kind == RequestKind::refresh)
    return "Some servers (Glewlwyd) refuse a refresh token so: if that goes on, sign in again.";
  if (reason == "empty" && answer.status == 403 && context.kind == RequestKind::password)
    return "Some servers (Glewlwyd) answer a wrong password so. Check user name and password before you try "
           "again: each try may count toward a lock-out.";
  if (reason == "empty" && answer.status == 400 && !context.other_basic_encoding.empty())
    return basic_hint(context);
  if (reason == "empty" && answer.status == 400)
    return "Some servers (Glewlwyd) answer so when they miss a scope or do not know the client.";
  if (reason == "client-certificate")
    return "Name the certificate that this server knows with --tls-cert FILE, and its key with --tls-key "
           "FILE.";
  if (reason == "html")
    return answer.status == 200
               ? "It looks like a login or start page: is this the address of the endpoint?"
               : "It comes from a gateway or web server: is this the address of the endpoint?";
  if (reason == "dpop")
    return "Have the client registered for DPoP at the server, or take such a token with --dpop=optional.";
  const json::Value type = answer.root()["token_type"];
  if (answer.needs_lenience || (reason == "token-type" && (!type || type.text())))
    return std::string(lenient_hint);
  return "This is not how an OAuth 2.0 server answers (RFC 6749 s5): is this the address of the endpoint?";
}

}  // namespace

std::optional<Error> refusal(const Answer& answer, const AnswerContext& context) {
  if (answer.status >= 300 && answer.status < 400) {
    Error error = error_from(answer, ErrorClass::protocol);
    const std::string target = url_in_sentence(context.masker()(answer.location.expose()));
    error.message = "The server answered with a redirect (" + who_answered(answer.status, context) +
                    (target.empty() ? "" : " to " + target) + "), which is not followed.";
    error.hint = "It would carry secrets to another address: name the right endpoint instead.";
    error.reason = "redirect";
    return error;
  }
  if (answer.status == 407) {
    Error error = error_from(answer, ErrorClass::network);
    error.message = "The proxy wants a user name and password of its own (HTTP 407).";
    error.hint = "Put them into the proxy's URL.";
    error.reason = "proxy";
    return error;
  }
  const auto code = answer.root()["error"].text();
  if (!code || !is_error_code(*code, answer.status)) return std::nullopt;
  return oauth_error(answer, context, *code);
}

Error no_oauth_answer(const Answer& answer, const AnswerContext& context, std::string problem,
                      std::string reason) {
  if (!answer.problem.empty()) {
    problem = answer.problem;
    reason = answer.reason;
  } else if (problem.empty()) {
    problem = "The JSON of the answer has neither a token nor an error.";
    reason = "json";
  }
  Error error = error_from(answer, class_of_status(answer.status));
  error.retry_safe = may_repeat_after_answer(context.kind, error);
  describe(error, context);
  if (error.error_class == ErrorClass::protocol) {
    error.message = answer.status == 404 ? std::string(nothing_there) + "." : problem;
    error.hint = hint_for(answer, context, reason);
  }
  if (error.error_class == ErrorClass::client_auth && answer.needs_lenience) error.hint = lenient_hint;
  insert_before_full_stop(error.message, " (" + who_answered(answer.status, context) +
                                             asked_for(answer.challenge, context) + ")");
  error.reason = std::move(reason);
  if (answer.root().is_object()) {
    // What succeeded may have issued a token under any name.
    error.extra = shown_members(answer.root(), masker_of(answer.root(), context),
                                answer.succeeded() ? Texts::lengths : Texts::masked,
                                [](const json::Value&) { return false; });
  }
  return error;
}

}  // namespace oauth_token::protocol
