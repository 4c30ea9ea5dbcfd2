#pragma once

#include "base/async_calls.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/oauth_token.h>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_source.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::c {

/// A secret with a NUL behind it.
class SecretText {
 public:
  explicit SecretText(std::string_view text) : size_(text.size()) {
    SecretBuffer buffer(text.size() + 1);
    buffer.append(text).append('\0');
    text_ = buffer.take();
  }
  [[nodiscard]] const char* data(std::size_t* length) const noexcept {
    if (length != nullptr) *length = size_;
    return text_.expose().data();
  }

 private:
  std::size_t size_;
  Secret text_;
};

/// What a caller forgot is an error, not a crash.
inline tl::unexpected<Error> missing(const char* argument) {
  return fail(ErrorClass::usage, std::string("The argument \"") + argument + "\" is NULL.");
}

}  // namespace oauth_token::c

struct oauth_token_cancel {
  std::stop_source source = {};
};

namespace oauth_token::c {

/// What can be copied as it is.
struct PlainSettings {
  ClientSettings client = {};
  SessionRecord session = {};  ///< store and key file; the rest comes with a request
  std::string state_folder = {};
  std::chrono::seconds timeout{30};
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds store_timeout{5};
  std::chrono::seconds refresh_timeout{60};
  bool kernel_cache = false;
  bool keyring_prompt = false;
  bool insecure_tls = false;
  bool allow_http = false;
};

}  // namespace oauth_token::c

struct oauth_token_settings : oauth_token::c::PlainSettings {
  oauth_token::Secret client_secret = {};
  oauth_token::Secret signing_key_passphrase = {};
  oauth_token::Secret tls_key_passphrase = {};
  oauth_token::Secret store_key = {};

  [[nodiscard]] oauth_token_settings copy() const;
  [[nodiscard]] oauth_token::ClientRunOptions run_options() const;
  [[nodiscard]] oauth_token::SessionOptions session_options() const;
};

struct oauth_token_request {
  std::string grant_type = {};
  std::string username = {};
  oauth_token::Secret password = {};
  oauth_token::Secret refresh_token = {};
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<std::pair<std::string, std::string>> parameters = {};
  std::vector<oauth_token::Parameter> secret_parameters = {};
  bool used = false;

  /// Takes everything over; an error when that was done before.
  oauth_token::Result<oauth_token::Grant> take();
};

struct oauth_token_client {
  oauth_token::TokenClient client;
};

struct oauth_token_token {
  explicit oauth_token_token(const oauth_token::Token& token, std::string_view proof = {});

  oauth_token::c::SecretText access_token;
  oauth_token::c::SecretText refresh_token;
  oauth_token::c::SecretText id_token;
  oauth_token::c::SecretText extra;
  oauth_token::c::SecretText dpop_proof;
  std::string token_type;
  std::string scope;
  std::int64_t expires_at = -1;
  std::vector<std::string> warnings;
};

struct oauth_token_sign_in {
  explicit oauth_token_sign_in(oauth_token::SignIn prepared) : sign_in(std::move(prepared)) {}

  oauth_token::SignIn sign_in;
  /// Where requests are made: one that is keeping its tokens goes on behind a caller who cancels. Destroyed
  /// first, which waits for it.
  oauth_token::AsyncCalls calls{{}};
};

struct oauth_token_session {
  oauth_token::SessionRecord record;
  std::string scope;
  /// For what is done with the session itself, which is for one thread at a time: each call opens its own.
  std::unique_ptr<const oauth_token_settings> settings;
  oauth_token::TokenSource source;

  [[nodiscard]] oauth_token::Result<oauth_token::Session> open() const;
};

struct oauth_token_names {
  std::vector<std::string> names = {};
};

struct oauth_token_secret {
  oauth_token::c::SecretText text;
};

struct oauth_token_error {
  oauth_token::Error error = {};
  std::unique_ptr<oauth_token_token> token = {};
};

namespace oauth_token::c {

/// A failure, and the token that was issued in spite of it.
struct Failure {
  Error error = {};
  std::optional<Token> unkept = {};
};

/// Whether a token that could not be kept is handed over with the error. Else it stays where it is: with one
/// who gave up, or asks for no error, it would be lost.
inline bool takes_unkept(oauth_token_error* const* place, const Error& error) noexcept {
  return place != nullptr && error.error_class != ErrorClass::interrupted;
}

void report(oauth_token_error** place, Failure failure) noexcept;
/// For a catch-all: reports the exception that is being handled.
void report_exception(oauth_token_error** place) noexcept;

inline std::stop_token stop_token_of(const oauth_token_cancel* cancel) {
  return cancel == nullptr ? std::stop_token() : cancel->source.get_token();
}

/// Runs what gives a handle; NULL and the error otherwise, with the token that `make` put aside, if any. No
/// exception passes.
template <class Handle, class Make>
Handle* handle_from(oauth_token_error** error, Make make) noexcept {
  try {
    std::optional<Token> unkept;
    Result<std::unique_ptr<Handle>> made = make(unkept);
    if (made) return made->release();
    report(error, {.error = std::move(made.error()), .unkept = std::move(unkept)});
  } catch (...) {
    report_exception(error);
  }
  return nullptr;
}

/// The same for what gives nothing.
template <class Run>
int status_from(oauth_token_error** error, Run run) noexcept {
  try {
    Result<void> done = run();
    if (done) return 0;
    report(error, {.error = std::move(done.error())});
  } catch (...) {
    report_exception(error);
  }
  return -1;
}

/// For constructors that can only lack memory.
template <class Handle, class... Arguments>
Handle* new_handle(Arguments&&... arguments) noexcept {
  try {
    return new Handle{std::forward<Arguments>(arguments)...};
  } catch (...) {
    return nullptr;
  }
}

}  // namespace oauth_token::c
