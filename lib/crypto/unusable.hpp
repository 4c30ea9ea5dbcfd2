#pragma once

#include <oauth_token/error.hpp>

#include <string>

namespace oauth_token {

/// `config`, reason "key": "SOURCE WHAT." about what is no key, or none that can be used.
tl::unexpected<Error> unusable(const std::string& source, const std::string& what, std::string hint);

}  // namespace oauth_token
