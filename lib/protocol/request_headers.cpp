#include "protocol/request_headers.hpp"

#include "base/characters.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace oauth_token::protocol {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

// The first five carry or replace secrets and framing; the rest steer the connection.
constexpr std::array<std::string_view, 12> refused{"authorization",
                                                   "host",
                                                   "content-length",
                                                   "transfer-encoding",
                                                   "dpop",
                                                   "proxy-authorization",
                                                   "connection",
                                                   "keep-alive",
                                                   "upgrade",
                                                   "expect",
                                                   "te",
                                                   "trailer"};

Result<void> check(const HttpHeader& header) {
  if (!is_token(header.name))
    return fail(ErrorClass::usage, quote_for_terminal(header.name) + " cannot be the name of a header.",
                "A header is written as 'NAME: VALUE'.");
  if (has_control_character(header.value))
    return fail(ErrorClass::usage, "The header " + header.name + " has a control character in its value.",
                "Take line breaks and tabs out of it.");
  for (const std::string_view name : refused)
    if (equal_ignoring_case(name, header.name))
      return fail(ErrorClass::usage, "The header " + header.name + " cannot be set by hand.",
                  "It follows from the client authentication, the endpoint or the connection.");
  const bool is_one_form =
      media_type(header.value) == form_type && header.value.find(',') == std::string::npos;
  if (equal_ignoring_case(header.name, "content-type") && !is_one_form)
    return fail(ErrorClass::usage,
                "A token request cannot have another Content-Type than " + std::string(form_type) + ".");
  return {};
}

}  // namespace

Result<std::vector<HttpHeader>> request_headers(const std::vector<HttpHeader>& own) {
  std::vector<HttpHeader> headers;
  headers.reserve(3 + own.size());
  headers.push_back({"Accept", "application/json"});
  headers.push_back({"Content-Type", std::string(form_type)});
  headers.push_back({"User-Agent", std::string(user_agent())});
  for (const HttpHeader& header : own) {
    if (auto checked = check(header); !checked) return fail(std::move(checked.error()));
    const auto ours = std::find_if(headers.begin(), headers.begin() + 3, [&](const HttpHeader& other) {
      return equal_ignoring_case(other.name, header.name);
    });
    if (ours != headers.begin() + 3)
      ours->value = header.value;
    else
      headers.push_back(header);
  }
  return headers;
}

std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find_first_of(";,"));
  const auto first = content_type.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  std::string type(content_type.substr(first, content_type.find_last_not_of(" \t") - first + 1));
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

}  // namespace oauth_token::protocol
