#include "protocol/client_assertion.hpp"

#include "crypto/algorithm.hpp"
#include "protocol/jwt.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token::protocol {
namespace {

Result<std::string> algorithm_for(const ClientSecretJwt& client) {
  const std::string algorithm = client.assertion.algorithm.empty() ? "HS256" : client.assertion.algorithm;
  const auto size = mac_size(algorithm);
  if (!size)
    return fail(ErrorClass::config, "A client secret cannot sign with " + quote_for_terminal(algorithm) + ".",
                "With client_secret_jwt it is HS256, HS384 or HS512; the others need a signing key.");
  if (client.client_secret.size() < *size)
    return fail(ErrorClass::config,
                "The client secret is too short for " + algorithm + ": it has " +
                    std::to_string(client.client_secret.size()) + " bytes, and " + std::to_string(*size) +
                    " is the least (RFC 7518 s3.2). Nothing was sent.",
                "Have a longer one issued, or use client_secret_basic or client_secret_post.");
  return algorithm;
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
  if (options.lifetime < std::chrono::seconds(1) || options.lifetime > AssertionOptions::longest_lifetime)
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
  const auto algorithm = algorithm_for(client);
  if (!algorithm) return fail(algorithm.error());
  return signed_assertion(
      client.client_id, client.assertion, moment, {.algorithm = *algorithm},
      [&](std::string_view text) { return hmac(*algorithm, client.client_secret.expose(), text); });
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
