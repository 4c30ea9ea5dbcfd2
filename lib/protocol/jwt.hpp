#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// The octets of a signature, or MAC, over a text.
using JwsSigner = std::function<Result<std::string>(std::string_view)>;

/// A signed JSON Web Token in its compact form (RFC 7515 s3.1): `header` and `claims` are JSON objects.
Result<Secret> signed_jwt(std::string_view header, std::string_view claims, const JwsSigner& sign);

}  // namespace oauth_token::protocol
