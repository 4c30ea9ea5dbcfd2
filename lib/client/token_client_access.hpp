#pragma once

#include "base/waiting.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <stop_token>
#include <string_view>

namespace oauth_token {

/// What came of a refresh.
struct RefreshAnswer {
  Result<Token> token;
  /// Beside an error: the refresh token of an answer that is no valid one, or of what came of one that was
  /// cut off. The old one may be spent.
  Secret issued = {};
  /// Beside an error: it was sent before and the connection was cut; whether the server renewed then is not
  /// known.
  bool was_cut = false;
};

/// What sessions see of a client: its requests in two parts. The first one may run a command and belongs
/// before any lock; the second one only sends.
class TokenClientAccess {
 public:
  /// The client assertion for one request; empty where the client authenticates otherwise. Blocks for as long
  /// as its source does.
  static Result<Secret> assertion(const TokenClient& client, std::stop_token stop);
  /// `config`, reason `assertion_expired`, when its time is over by now.
  static Result<void> check_still_valid(const TokenClient& client, const Secret& assertion);
  static constexpr std::string_view assertion_expired = "assertion-expired";

  /// When requests that begin now must be over: one deadline for all that belongs together.
  static Deadline deadline(const TokenClient& client);
  /// Takes what discovery has used from the time of the first request.
  static void charge(TokenClient& client, std::chrono::milliseconds used);

  /// One of the library's own that has connections already; for blocking calls.
  static void use_transport(TokenClient& client, Transport transport);

  /// The token endpoint's nonce for the next proof; empty: none.
  static std::string dpop_nonce(const TokenClient& client);
  /// In place of the one that the client was made with. No request may be under way.
  static void use_dpop_key(TokenClient& client, SigningKey key);

  static RefreshAnswer refresh(const TokenClient& client, RefreshTokenGrant grant, const Secret& assertion,
                               Deadline deadline);
  static Result<Token> request(const TokenClient& client, Grant grant, const Secret& assertion,
                               std::stop_token stop);
  static Result<void> revoke(const TokenClient& client, const Secret& token, std::string_view token_type_hint,
                             const Secret& assertion, Deadline deadline, std::stop_token stop);
};

}  // namespace oauth_token
