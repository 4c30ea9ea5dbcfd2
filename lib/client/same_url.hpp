#pragma once

#include <string_view>

namespace oauth_token {

/// Letter by letter, else as libcurl reads them: only then is the HTTP module needed.
bool same_url(std::string_view left, std::string_view right);

}  // namespace oauth_token
