#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What went wrong, in classes that a program can branch on. The command line maps them to its exit status.
enum class ErrorClass {
  internal,           ///< a defect of this library, or a function of the caller's threw (reason "thrown")
  usage,              ///< the caller asked for something that makes no sense; nothing was sent
  config,             ///< configuration, environment or a record says something unusable; nothing was sent
  credentials,        ///< the server refused the resource owner's user name or password
  reauthenticate,     ///< no usable refresh token: a person must sign in again
  mfa,                ///< the server wants a second factor
  password_change,    ///< the server wants a new password first
  interaction,        ///< the server wants a browser
  client_auth,        ///< the server refused the client's own authentication
  grant_not_allowed,  ///< this client may not use this grant
  scope,              ///< scope or resource refused
  request,            ///< the server refused the request for another reason
  network,            ///< no connection, or it broke
  timeout,            ///< the time given was used up
  rate_limited,       ///< asked too often
  server,             ///< the server says that it is out of order
  protocol,           ///< the answer is no OAuth answer
  tls,                ///< certificate or TLS handshake refused
  insecure,           ///< plain http where it is not allowed
  store,              ///< the keyring or file store is absent, locked, full or slow
  output,             ///< the result could not be written
  interrupted,        ///< cancelled through a stop token or a signal
};

/// The name used in JSON and messages, e.g. "client-auth". Never allocates.
std::string_view to_string(ErrorClass error_class) noexcept;

/// The class of that name, e.g. when reading a record; nothing for an unknown name.
std::optional<ErrorClass> error_class_from(std::string_view name) noexcept;

/// Whether the request left this machine. `maybe`: some bytes did, and no answer came back.
enum class Sent { no, maybe, yes };

/// "no", "maybe" or "yes".
std::string_view to_string(Sent sent) noexcept;

/// A failure as a value. All texts hold no secret of the request. Only `message`, `hint` and `reason` are
/// ours and safe to print as they are; `code`, `description`, `uri` and `extra` are the server's own words,
/// to be escaped (see escape_for_terminal in text.hpp) before a terminal sees them.
struct Error {
  ErrorClass error_class = ErrorClass::internal;  ///< what to branch on
  std::string message = {};                       ///< one sentence: what is wrong
  std::string hint = {};                          ///< what to do, in terms of command line options; or empty
  std::string reason = {};  ///< a fixed word that details the class, e.g. "expired" (tls) or "locked" (store)
  std::string code = {};    ///< `error` of RFC 6749 s5.2, verbatim
  std::string description = {};  ///< `error_description`, verbatim but for masked secrets
  std::string uri = {};          ///< `error_uri`, verbatim
  int http_status = 0;           ///< 0: there was no answer
  std::optional<std::chrono::seconds> retry_after = {};  ///< RFC 9110 s10.2.3, as a duration from now
  Sent sent = Sent::no;                                  ///< of the request that failed
  bool retry_safe = false;                               ///< sending the same request again can do no harm
  std::string extra = "{}";  ///< every other member of the answer, as a JSON object
};

/// A value, or why there is none. No function throws, but for std::bad_alloc: what those of the caller's
/// throw is an error.
template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorClass::usage, "…", "…");`
/// Cold: compilers put what leads here aside, so that less is mapped and read of what goes well.
[[gnu::cold, gnu::noinline]] inline tl::unexpected<Error> fail(ErrorClass error_class, std::string message,
                                                               std::string hint = {}) {
  return tl::unexpected<Error>(
      Error{.error_class = error_class, .message = std::move(message), .hint = std::move(hint)});
}

/// The same for an error with more to it, or one that is passed on.
[[gnu::cold, gnu::noinline]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace oauth_token
#pragma GCC visibility pop
