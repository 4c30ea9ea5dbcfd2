#include "protocol/client_assertion.hpp"

#include "crypto/algorithm.hpp"
#include "protocol/jwt.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token::protocol {
namespace {

struct Mac {
  std::string_view algorithm;
  std::size_t size;  // of its output and, at least, of the key; bytes
};

constexpr Mac macs[] = {{"HS256", 32}, {"HS384", 48}, {"HS512", 64}};

Result<Mac> mac_for(const ClientSecretJwt& client) {
  const std::string_view algorithm =
      client.assertion.algorithm.empty() ? "HS256" : std::string_view(client.assertion.algorithm);
  const Mac* const mac = std::find_if(std::begin(macs), std::end(macs),
                                      [&](const Mac& known) { return known.algorithm == algorithm; });
  if (mac == std::end(macs))
    return fail(ErrorClass::config,
                "A client secret cannot sign with \"" + escape_for_terminal(algorithm) + "\".",
                "With client_secret_jwt it is HS256, HS384 or HS512; the others need a signing key.");
  if (client.client_secret.size() < mac->size)
    return fail(ErrorClass::config,
                "The client secret is too short for " + std::string(algorithm) + ": it has " +
                    std::to_string(client.client_secret.size()) + " bytes, and " + std::to_string(mac->size) +
                    " is the least (RFC 7518 s3.2). Nothing was sent.",
                "Have a longer one issued, or use client_secret_basic or client_secret_post.");
  return *mac;
}

bool same_origin(std::string_view one, std::string_view other) {
  const auto left = parse_url(one);
  const auto right = parse_url(other);
  return left && right && left->origin() == right->origin();
}

struct Audience {
  std::string_view text;
  bool is_issuer = false;
};

Audience audience_of(const AssertionOptions& options, std::string_view url) {
  if (const auto* fixed = std::get_if<FixedAudience>(&options.audience)) return {fixed->audience};
  if (const auto* issuer = std::get_if<IssuerAudience>(&options.audience))
    if (issuer->token_endpoint.empty() || url == issuer->token_endpoint ||
        same_origin(url, issuer->token_endpoint))
      return {issuer->issuer, true};
  return {url};
}

struct Signature {
  std::string_view algorithm;
  std::string_view key_id = {};
  std::string_view certificate_sha1 = {};
  std::string_view certificate_sha256 = {};
};

Result<Secret> signed_assertion(const std::string& client_id, const AssertionOptions& options,
                                const AssertionMoment& moment, const Signature& signature,
                                const JwsSigner& sign) {
  if (options.lifetime < std::chrono::seconds(1) || options.lifetime > std::chrono::seconds(300))
    return fail(
        ErrorClass::config,
        "A client assertion cannot live for " + std::to_string(options.lifetime.count()) + " seconds.",
        "Servers accept from 1 to 300.");
  const Audience audience = audience_of(options, moment.url);
  if (audience.text.empty())
    return fail(ErrorClass::config, "It is not known whom the client assertion is to be made for.",
                "Name the issuer, or the audience itself.");
  const std::string_view usual_type = audience.is_issuer ? "client-authentication+jwt" : "JWT";
  json::Writer header;
  header.begin_object().member("alg", signature.algorithm);
  header.member("typ", options.type.empty() ? usual_type : std::string_view(options.type));
  header.optional_member("kid", options.key_id.empty() ? signature.key_id : std::string_view(options.key_id));
  header.optional_member("x5t", signature.certificate_sha1);
  header.optional_member("x5t#S256", signature.certificate_sha256).end_object();

  const std::int64_t now = moment.now.time_since_epoch().count();
  json::Writer claims;
  claims.begin_object().member("iss", client_id).member("sub", client_id).member("aud", audience.text);
  claims.member("iat", now);
  if (options.not_before) claims.member("nbf", now);
  claims.member("exp", now + std::int64_t{options.lifetime.count()}).member("jti", moment.jti).end_object();
  return signed_jwt(header.expose(), claims.expose(), sign);
}

}  // namespace

Result<Secret> client_assertion(const ClientSecretJwt& client, const AssertionMoment& moment) {
  const auto mac = mac_for(client);
  if (!mac) return fail(mac.error());
  return signed_assertion(
      client.client_id, client.assertion, moment, {.algorithm = mac->algorithm},
      [&](std::string_view text) { return hmac(mac->algorithm, client.client_secret.expose(), text); });
}

Result<Secret> client_assertion(const PrivateKeyJwt& client, const AssertionMoment& moment) {
  if (!client.key)
    return fail(ErrorClass::config, "There is no key to sign the client assertion with.",
                "Read it with SigningKey::read, or name it with --signing-key.");
  const std::string algorithm =
      client.assertion.algorithm.empty() ? client.key.algorithms().front() : client.assertion.algorithm;
  if (auto fits = client.key.check_algorithm(algorithm); !fits) return fail(std::move(fits.error()));
  return signed_assertion(client.client_id, client.assertion, moment,
                          {.algorithm = algorithm,
                           .key_id = client.key.key_id(),
                           .certificate_sha1 = client.key.certificate_sha1(),
                           .certificate_sha256 = client.key.certificate_sha256()},
                          [&](std::string_view text) { return client.key.sign(algorithm, text); });
}

}  // namespace oauth_token::protocol
