#include "http/route.hpp"

#include "base/characters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

namespace oauth_token::http {
namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

bool has_encoded_control_character(std::string_view text) noexcept {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view digits = text.substr(at + 1, 2);
    if (digits.size() == 2 && (digits[0] == '0' || digits[0] == '1') &&
        std::string_view("0123456789abcdefABCDEF").find(digits[1]) != std::string_view::npos)
      return true;
  }
  return false;
}

// libcurl takes a scheme it does not know for a host that does not answer, and goes past a proxy whose user
// or password it cannot decode.
bool is_proxy(std::string_view text) noexcept {
  const auto end = text.find("://");
  const std::string_view rest = end == std::string_view::npos ? text : text.substr(end + 3);
  constexpr std::array<std::string_view, 6> schemes = {"http",    "https",  "socks4",
                                                       "socks4a", "socks5", "socks5h"};
  const bool is_known = end == std::string_view::npos ||
                        std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) {
                          return equal_ignoring_case(scheme, text.substr(0, end));
                        });
  const std::string_view user = rest.substr(0, rest.rfind('@') + 1);
  return is_known && !rest.empty() && rest.front() != '/' && rest.front() != ':' &&
         !has_encoded_control_character(user);
}

Result<Route> by_way_of(const std::string& proxy, const std::string& no_proxy) {
  if (!proxy.empty() && !is_proxy(proxy))
    return fail(ErrorClass::config, "The proxy that is set is no URL of a proxy.",
                "Write it as http://HOST:PORT, in --proxy or https_proxy.");
  return Route{.proxy = proxy, .no_proxy = no_proxy};
}

}  // namespace

// The names are curl's: HTTP_PROXY is not among them, since a CGI server makes it from a request header.
Routes::Routes(const TransportOptions& options)
    : allow_http_(options.allow_http),
      https_proxy_(
          options.proxy.value_or(first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}))),
      http_proxy_(options.proxy.value_or(first_of({"http_proxy", "all_proxy", "ALL_PROXY"}))),
      no_proxy_(first_of({"no_proxy", "NO_PROXY"})) {}

Result<Route> Routes::to(const Url& url) const {
  if (url.scheme == "https") return by_way_of(https_proxy_, no_proxy_);
  if (url.is_loopback()) return Route{};
  if (!allow_http_)
    return fail(ErrorClass::insecure,
                "Plain http to " + url.origin() + " would show secrets to everyone on the way.",
                "Use the https URL of this server; or say --allow-http if the network itself is trusted.");
  return by_way_of(http_proxy_, no_proxy_);
}

}  // namespace oauth_token::http
