#include <oauth_token/http.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token {
namespace {

bool equal_in_any_case(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::string Url::origin() const {
  const bool is_default = port == (scheme == "https" ? 443 : 80);
  return scheme + "://" + host + (is_default ? "" : ":" + std::to_string(port));
}

bool Url::is_loopback() const { return host == "127.0.0.1" || host == "[::1]" || host == "localhost"; }

std::optional<std::string_view> HttpResponse::header(std::string_view name) const noexcept {
  for (const HttpHeader& field : headers)
    if (equal_in_any_case(field.name, name)) return field.value;
  return std::nullopt;
}

}  // namespace oauth_token
