#include "base/base64.hpp"
#include "base/characters.hpp"
#include "protocol/answer.hpp"
#include "protocol/form.hpp"
#include "protocol/numbers.hpp"
#include "protocol/public_url.hpp"
#include "protocol/token_request.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

namespace oauth_token {
namespace {

using Mask = std::function<std::string(std::string_view)>;

constexpr std::string_view shown_response_headers =
    "content-type content-length date server cache-control pragma retry-after connection allow";
// What a server says in free text: shown where it can be searched for secrets.
constexpr std::string_view response_texts = "error error_description error_uri scope";
constexpr std::string_view standard_members =
    "access_token active error error_description error_uri expires_in id_token refresh_token scope "
    "token_type";

constexpr std::size_t longest_value = 2000;

std::string length_of(std::size_t bytes) { return "(" + std::to_string(bytes) + " bytes)"; }

std::string shown(std::string_view text) {
  return escape_for_terminal(text.substr(0, longest_value)) + (text.size() > longest_value ? "..." : "");
}

// "https://host/path" with the rest as a length.
std::string shown_url(std::string_view url) {
  const std::string_view part = protocol::public_part(url);
  if (part.empty()) return length_of(url.size());
  return shown(part) + (part.size() < url.size() ? " " + length_of(url.size() - part.size()) : "");
}

std::string header_line(std::string_view direction, std::string_view name, std::string_view value,
                        bool may_show) {
  return std::string(direction) + shown(name) + ": " + (may_show ? shown(value) : length_of(value.size())) +
         "\n";
}

// Without a mask, not even names are shown that the server made up.
std::string shown_name(std::string_view name, const Mask& mask) {
  if (mask) return shown(mask(name));
  return has_word_ignoring_case(standard_members, name) ? std::string(name)
                                                        : "name of " + std::to_string(name.size()) + " bytes";
}

std::string shown_value(const json::Value& member, const Mask& mask) {
  const std::string_view name = member.name();
  const bool is_type = name == "token_type";
  const bool is_lifetime = name == "expires_in" && protocol::number_of_seconds(member);
  if ((is_type || is_lifetime) && member.number()) return shown(*member.number());
  if (mask && member.text() && (is_type || is_lifetime || has_word_ignoring_case(response_texts, name)))
    return shown(mask(*member.text()));
  // Tokens, and whatever else a server adds, have a length only.
  if (const auto text = member.text()) return length_of(text->size());
  json::Writer writer;
  writer.value(member);
  return length_of(writer.expose().size());
}

// `root`: of the body, where it is JSON.
std::string describe_response(const HttpResponse& response, const json::Value& root, const Mask& mask) {
  std::string out = "< HTTP " + std::to_string(response.status) + "\n";
  for (const HttpHeader& header : response.headers) {
    if (mask && equal_ignoring_case(header.name, "location"))
      out += "< Location: " + shown_url(mask(header.value)) + "\n";
    else if (mask && has_word_ignoring_case(shown_response_headers, header.name))
      out += header_line("< ", mask(header.name), mask(header.value), true);
    else
      out += header_line("< ", mask ? mask(header.name) : header.name, header.value, false);
  }
  out += "<\n";
  if (response.body.empty()) return out;
  if (!root.is_object()) return out + "< " + length_of(response.body.size()) + "\n";
  for (const json::Value member : root)
    out += "< " + shown_name(member.name(), mask) + ": " + shown_value(member, mask) + "\n";
  return out;
}

// HTTP Basic, in both encodings it may have been written in.
void add_basic(protocol::Masker& masker, std::string_view credentials) {
  masker.add(credentials);
  SecretBuffer pair;
  if (!append_base64_decoded(pair, credentials)) return;
  const std::string_view secret = pair.expose().substr(std::min(pair.expose().find(':') + 1, pair.size()));
  masker.add(secret);
  SecretBuffer decoded;
  if (protocol::append_form_decoded(decoded, secret)) masker.add(decoded.expose());
}

protocol::Masker secrets_of(const HttpRequest& request) {
  protocol::Masker masker;
  protocol::each_form_pair(request.body.expose(), [&](std::string_view name, std::string_view value) {
    if (!protocol::is_public_parameter(name) && name != "username") masker.add(value);
  });
  protocol::add_secrets_on_the_way(masker, request.url, request.headers);
  const std::string_view authorization = request.authorization.expose();
  const auto space = authorization.find(' ');
  if (space != std::string_view::npos) add_basic(masker, authorization.substr(space + 1));
  return masker;
}

}  // namespace

std::string describe(const HttpRequest& request) {
  std::string out = "> " + shown(request.method) + " " + shown_url(request.url) + "\n";
  if (!request.authorization.empty()) {
    const std::string_view value = request.authorization.expose();
    const auto space = std::min(value.find(' '), value.size());
    const std::string_view scheme = space < value.size() ? value.substr(0, space + 1) : std::string_view();
    out += "> Authorization: " + shown(scheme) + length_of(value.size() - scheme.size()) + "\n";
  }
  for (const HttpHeader& header : request.headers)
    out += header_line("> ", header.name, header.value, protocol::is_public_header(header.name));
  out += ">\n";
  protocol::each_form_pair(request.body.expose(), [&](std::string_view name, std::string_view value) {
    out += "> " + shown(name) + ": " +
           (protocol::is_public_parameter(name) ? shown(value) : length_of(value.size())) + "\n";
  });
  return out;
}

std::string describe(const HttpResponse& response) {
  const auto document = json::parse(response.body.expose());
  return describe_response(response, document ? document->root() : json::Value(), {});
}

std::string describe(const HttpResponse& response, const HttpRequest& request) {
  protocol::Masker masker = secrets_of(request);
  const auto document = json::parse(response.body.expose());
  const json::Value root = document ? document->root() : json::Value();
  protocol::add_issued(masker, root);
  return describe_response(response, root, std::ref(masker));
}

}  // namespace oauth_token
