#include "http/route.hpp"

#include <cstdlib>
#include <initializer_list>
#include <string>

namespace oauth_token::http {
namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
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
  if (url.scheme == "https") return Route{.proxy = https_proxy_, .no_proxy = no_proxy_};
  if (url.is_loopback()) return Route{};
  if (!allow_http_)
    return fail(ErrorClass::insecure,
                "Plain http to " + url.origin() + " would show secrets to everyone on the way.",
                "Use the https URL of this server; or say --allow-http if the network itself is trusted.");
  return Route{.proxy = http_proxy_, .no_proxy = no_proxy_};
}

}  // namespace oauth_token::http
