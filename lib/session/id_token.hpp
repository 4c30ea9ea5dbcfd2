#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

namespace oauth_token {

/// OpenID Connect Core s12.2: an id_token in a refresh response has the iss and sub of the first one. Neither
/// is verified otherwise. Success when one of them is missing; `protocol` when they differ or cannot be read.
Result<void> check_same_subject(const Secret& first, const Secret& next);

}  // namespace oauth_token
