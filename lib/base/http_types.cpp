#include "base/characters.hpp"

#include <oauth_token/http.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token {

std::string Url::origin() const {
  const bool is_default = port == (scheme == "https" ? 443 : 80);
  return scheme + "://" + host + (is_default ? "" : ":" + std::to_string(port));
}

bool Url::is_loopback() const { return host == "127.0.0.1" || host == "[::1]" || host == "localhost"; }

std::optional<std::string_view> HttpResponse::header(std::string_view name) const noexcept {
  for (const HttpHeader& field : headers)
    if (equal_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

}  // namespace oauth_token
