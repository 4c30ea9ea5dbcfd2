#pragma once

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

}  // namespace oauth_token::protocol
