#pragma once

#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#pragma GCC visibility push(default)
namespace oauth_token {

/// One renewal with a refresh token that the caller keeps, e.g. in a file of a CI job. No session, no store.
struct CallerKeptRefresh {
  /// Completed by discovery where endpoints are missing.
  ClientSettings client = {};
  RefreshTokenGrant grant = {};  ///< what is sent; its refresh token is the one the caller keeps
  /// Takes a new refresh token to its place; success means that it is durable there. Called before anybody
  /// sees the access token, and not when the refresh token stays the same. After a crash it may be called
  /// again with the same one. Empty: the refresh token is in the answer, and in the journal until
  /// CallerKeptAnswer::handed_over; one that comes with an error stays in the journal, which the message
  /// names, and the next renewal with the old one uses it.
  std::function<Result<void>(const Secret& refresh_token, std::stop_token stop)> deliver = {};
  /// The refresh token as it is in its place now: another process may have renewed it while this one waited
  /// for it. Empty: the one of the grant.
  std::function<Result<Secret>(std::stop_token stop)> read_again = {};
};

/// How renew_for_caller works in one run.
struct CallerKeptOptions {
  std::string state_folder = {};  ///< for lock and journal; empty: the default
  ClientRunOptions client = {};   ///< as for make_client; `timeout` is for discovery
  /// In place of client.timeout, as in SessionOptions.
  std::chrono::milliseconds refresh_timeout{60'000};
  /// See SessionOptions::critical_part.
  std::function<void(bool begins)> critical_part = {};
};

/// What a renewal for a caller gave.
struct CallerKeptAnswer {
  /// With the new refresh token, where the server sent one.
  Token token = {};
  /// The new refresh token did not get to its place. It is in the journal, named in the hint: the next
  /// renewal with the old one delivers it, and sends nothing.
  std::optional<Error> undelivered = {};
  /// Without `deliver`: to be called once the new refresh token is safe with the caller; it removes the
  /// journal. Until then a renewal with the old one gives this same answer, as long as it lives, and sends
  /// nothing. Never empty; does nothing where there is nothing to hand over. Errors of class `store`.
  std::function<Result<void>()> handed_over = [] { return Result<void>(); };
  /// The file of the journal that holds the new refresh token until `handed_over`; empty: there is none.
  std::string kept_in = {};
};

/// Refreshes: one process of this user at a time for each token endpoint and client; intent and answer in a
/// sealed journal (AES-256-GCM under the old refresh token), so that a crash before the delivery loses
/// nothing; the delivery, or `handed_over`; the journal removed. Sends once, twice only where the connection
/// was cut. Blocks; a stop is heard until the refresh token is about to be sent. Thread-safe; threads take
/// turns as processes do. Errors as make_client, TokenClient::request; `timeout` (reason "lock"); `store` and
/// `config` when lock or journal cannot be written: nothing was sent then.
Result<CallerKeptAnswer> renew_for_caller(CallerKeptRefresh refresh, CallerKeptOptions options = {},
                                          std::stop_token stop = {});

}  // namespace oauth_token
#pragma GCC visibility pop
