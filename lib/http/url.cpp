#include "http/url.hpp"

#include "base/characters.hpp"
#include "http/curl.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace oauth_token::http {
namespace {

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url, which, &value, flags) != CURLUE_OK || value == nullptr) return {};
  std::string text = value;
  curl_free(value);
  return text;
}

// A URL may hold a password before an @, or a secret in its query: such a one is not repeated in a message.
std::string subject(std::string_view text) {
  if (text.find_first_of("@?") != std::string_view::npos) return "The URL";
  return quote_for_terminal(text, 200);
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorClass::usage, subject(text) + " " + std::string(why) + ".",
              "Write it as https://host/path.");
}

bool is_host(std::string_view host) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_small_letter(c) || is_digit(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const UrlHandle handle(curl_url());
  if (!handle) return fail(ErrorClass::internal, "Out of memory.");
  if (text.find('\0') != std::string_view::npos) return refuse(text, "holds a control character");
  if (text.find('#') != std::string_view::npos) return refuse(text, "has a fragment");
  const std::string copy(text);
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_DISALLOW_USER | CURLU_URLENCODE);
  if (code == CURLUE_USER_NOT_ALLOWED) return refuse(text, "has user information before the host");
  if (code == CURLUE_UNSUPPORTED_SCHEME) return refuse(text, "is neither https nor http");
  if (code == CURLUE_BAD_SCHEME) return refuse(text, "has no scheme");
  if (code != CURLUE_OK) return refuse(text, "is not a valid URL");

  Url url;
  url.scheme = part(handle.get(), CURLUPART_SCHEME);
  if (url.scheme != "https" && url.scheme != "http") return refuse(text, "is neither https nor http");
  url.host = part(handle.get(), CURLUPART_HOST);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower);
  // libcurl converts other letters in the host's locale only, which a library cannot rely on.
  if (!is_host(url.host)) return refuse(text, "has a host that is not plain ASCII (xn--...)");
  const std::string port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.port = static_cast<std::uint16_t>(std::stoul(port));
  if (url.port == 0) return refuse(text, "has the port 0");
  url.path = part(handle.get(), CURLUPART_PATH);
  if (url.path.empty()) url.path = "/";
  url.query = part(handle.get(), CURLUPART_QUERY);
  url.text = url.origin() + url.path + (url.query.empty() ? "" : "?" + url.query);
  return url;
}

}  // namespace oauth_token::http
