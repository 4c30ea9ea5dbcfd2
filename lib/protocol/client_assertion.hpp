#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <string_view>

namespace oauth_token::protocol {

/// A client assertion that somebody else made, fit to be sent (RFC 7523 s3): white space behind it goes;
/// class `config` for what is no signed JWT, has expired at `now`, or was made for another client. A
/// federated token, which another authority issued about a workload of its own, names no client: its `sub` is
/// not compared.
Result<Secret> ready_made_assertion(Secret assertion, std::string_view client_id,
                                    std::chrono::sys_seconds now);

/// Of one request with an assertion that is made for it.
struct AssertionMoment {
  std::string_view url;  ///< where the request goes
  std::chrono::sys_seconds now;
  std::string_view jti;
};

/// RFC 7523 s3, for client_secret_jwt and private_key_jwt. `config` for an algorithm that is none, a client
/// secret too short for it (RFC 7518 s3.2), or a lifetime out of 1 to 300 s; `internal` where OpenSSL cannot
/// be used.
Result<Secret> client_assertion(const ClientSecretJwt& client, const AssertionMoment& moment);
Result<Secret> client_assertion(const PrivateKeyJwt& client, const AssertionMoment& moment);

}  // namespace oauth_token::protocol
