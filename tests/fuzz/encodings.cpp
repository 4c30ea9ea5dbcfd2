// Form and base64 encoding: round trips, and decoders that meet anything. Then what is made of both: a client
// id and a secret, with a line break between, as HTTP Basic and as a form say them.

#include "base/base64.hpp"
#include "fuzzing.hpp"
#include "protocol/form.hpp"
#include "protocol/token_request.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/grant.hpp>

#include <utility>
#include <vector>

namespace {

using namespace oauth_token;
using namespace oauth_token::protocol;

using Pair = std::pair<std::string, std::string>;

std::string form_decoded(std::string_view text) {
  SecretBuffer out;
  fuzzing::must(append_form_decoded(out, text), "form encoding can be undone");
  return std::string(out.expose());
}

// As a server reads it: base64, then a colon in the middle (RFC 7617 s2).
Pair credentials_in(std::string_view header, BasicEncoding encoding) {
  constexpr std::string_view scheme = "Basic ";
  SecretBuffer both;
  fuzzing::must(header.starts_with(scheme) &&
                    append_base64_decoded(both, header.substr(scheme.size()), Base64::standard),
                "Basic is a word and base64");
  const std::size_t colon = both.expose().find(':');
  fuzzing::must(colon != std::string_view::npos, "Basic has a colon");
  Pair pair(both.expose().substr(0, colon), both.expose().substr(colon + 1));
  if (encoding == BasicEncoding::form) pair = {form_decoded(pair.first), form_decoded(pair.second)};
  return pair;
}

void check_request(const std::string& id, const std::string& secret, const ClientAuthentication& proof) {
  const Grant grant = PasswordGrant{.username = id, .password = Secret(secret), .scope = {"read"}};
  const std::string endpoint = "https://as.example/token";
  const Secret no_assertion;
  const std::vector<HttpHeader> no_headers;
  const auto request = token_request({endpoint, proof, no_assertion, no_headers}, grant);
  if (!request) return fuzzing::check(request.error());
  std::vector<Pair> wanted = {
      {"grant_type", "password"}, {"username", id}, {"password", secret}, {"scope", "read"}};
  if (const auto* const basic = std::get_if<ClientSecretBasic>(&proof))
    fuzzing::must(credentials_in(request->authorization.expose(), basic->encoding) == Pair(id, secret),
                  "Basic says id and secret");
  else
    wanted.insert(wanted.begin() + 3, {{"client_id", id}, {"client_secret", secret}});
  std::vector<Pair> found;
  each_form_pair(request->body.expose(), [&](auto name, auto value) { found.emplace_back(name, value); });
  fuzzing::must(found == wanted, "a form says what was given");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzzing::text(data, size);
  SecretBuffer form;
  append_form_encoded(form, text);
  for (const char c : form.expose())
    fuzzing::must((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("-._~%").find(c) != std::string_view::npos,
                  "an encoded text holds nothing that means something in a form");
  fuzzing::must(form_decoded(form.expose()) == text, "form encoding can be undone");
  SecretBuffer decoded;
  [[maybe_unused]] const bool is_form = append_form_decoded(decoded, text);
  fuzzing::must(decoded.size() <= size, "decoding a form makes nothing longer");

  for (const Base64 alphabet : {Base64::standard, Base64::url}) {
    SecretBuffer encoded;
    append_base64(encoded, text, alphabet);
    SecretBuffer same;
    fuzzing::must(append_base64_decoded(same, encoded.expose(), alphabet) && same.expose() == text,
                  "base64 can be undone");
    SecretBuffer bytes;
    if (append_base64_decoded(bytes, text, alphabet))
      fuzzing::must(bytes.size() <= size, "base64 gets shorter");
  }

  const std::string id(fuzzing::take_until(text, '\n'));
  const std::string secret(text);
  for (const BasicEncoding encoding : {BasicEncoding::form, BasicEncoding::raw})
    check_request(id, secret,
                  ClientSecretBasic{.client_id = id, .client_secret = Secret(secret), .encoding = encoding});
  check_request(id, secret, ClientSecretPost{.client_id = id, .client_secret = Secret(secret)});
  return 0;
}
