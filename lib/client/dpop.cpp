#include "client/dpop.hpp"

#include "base/characters.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/authentication.hpp"
#include "protocol/dpop_proof.hpp"

#include <oauth_token/text.hpp>

#include <optional>
#include <utility>
#include <variant>

namespace oauth_token {

std::string_view to_string(DpopUse use) noexcept {
  return use == DpopUse::required ? "required" : use == DpopUse::optional ? "optional" : "";
}

Result<Url> check_dpop_request(const DpopRequest& request) {
  if (!is_token(request.method))
    return fail(ErrorClass::usage, quote_for_terminal(request.method) + " cannot be the method of a request.",
                "It is GET, POST, or the like.");
  auto url = parse_url(request.url);
  if (!url) return url;
  if (!request.nonce.empty() && !protocol::is_dpop_nonce(request.nonce))
    return fail(ErrorClass::usage, "The nonce holds characters that no DPoP nonce has, or is too long.",
                "Take the value of the server's DPoP-Nonce header as it is (RFC 9449 s8.1).");
  return url;
}

Result<Secret> dpop_proof(const SigningKey& key, const DpopRequest& request) {
  const auto url = check_dpop_request(request);
  if (!url) return fail(url.error());
  std::string hash;
  if (!request.access_token.empty()) {
    auto hashed = protocol::access_token_hash(request.access_token);
    if (!hashed) return fail(std::move(hashed.error()));
    hash = std::move(*hashed);
  }
  const std::string jti = random_id();
  return protocol::dpop_proof(key, {.jti = jti,
                                    .method = request.method,
                                    .url = *url,
                                    .now = now(),
                                    .nonce = request.nonce,
                                    .access_token_hash = hash});
}

Result<void> DpopProver::prove(HttpRequest& request) {
  if (use_ == DpopUse::none) return {};
  const auto proof =
      dpop_proof(key_, {.method = request.method, .url = request.url, .nonce = nonce_for(request.url)});
  if (!proof) return fail(proof.error());
  request.headers.push_back({.name = "DPoP", .value = std::string(proof->expose())});
  return {};
}

bool DpopProver::take_nonce(const std::string& endpoint, const HttpResponse& response) {
  if (use_ == DpopUse::none) return false;
  auto nonce = protocol::dpop_nonce(response);
  if (!nonce) return false;
  remember(endpoint, std::move(*nonce));
  return true;
}

std::string DpopProver::nonce_for(const std::string& endpoint) {
  if (use_ == DpopUse::none) return {};
  const auto url = parse_url(endpoint);
  const std::lock_guard lock(mutex_);
  const auto found = url ? nonces_.find(url->origin()) : nonces_.end();
  return found == nonces_.end() ? std::string() : found->second;
}

void DpopProver::remember(const std::string& endpoint, std::string nonce) {
  if (!protocol::is_dpop_nonce(nonce)) return;
  const auto url = parse_url(endpoint);
  if (!url) return;
  const std::lock_guard lock(mutex_);
  nonces_[url->origin()] = std::move(nonce);
}

bool wants_dpop_nonce(const Error& error) {
  return error.code == "use_dpop_nonce" && (error.http_status == 400 || error.http_status == 401);
}

void explain_dpop_nonce(Error& error, bool repeated) {
  error.message = repeated ? "The server asks for a nonce in the DPoP proof again, although it got the one "
                             "that it had just given."
                           : "The server asks for a nonce in the DPoP proof, but gives none.";
  error.hint = repeated ? "Several servers behind one address may not know each other's nonces; try again, "
                          "and tell the server's administrator."
                        : "Its answer should have had a DPoP-Nonce header (RFC 9449 s8): tell its "
                          "administrator, or look at a proxy in between.";
}

Result<void> check_dpop(const ClientSettings& settings, const ClientRunOptions& options) {
  const DpopSettings& dpop = settings.dpop;
  if (dpop.use == DpopUse::none && !dpop.key.empty())
    return fail(ErrorClass::config, "There is a DPoP key, but DPoP is not asked for.",
                "Add --dpop, or leave the key out.");
  if (dpop.use != DpopUse::none && dpop.key.empty() && !options.dpop_key)
    return fail(ErrorClass::config, "There is no key to bind the token to, and nothing would keep one.",
                "Name one with --dpop-key: only a session has a key made, and keeps it with its tokens.");
  return {};
}

Result<SigningKey> read_dpop_key(const DpopSettings& settings, const ClientRunOptions& options,
                                 std::stop_token stop) {
  auto key = SigningKey::read(
      settings.key, passphrase_source({}, {}, options.ask_passphrase, settings.key, ""), std::move(stop));
  if (!key) return key;
  if (auto told = pass_on(key->warnings(), options); !told) return fail(std::move(told.error()));
  return key;
}

Result<DpopOptions> make_dpop(const ClientSettings& settings, const ClientRunOptions& options,
                              const ClientAuthentication& authentication, std::stop_token stop) {
  if (settings.dpop.use == DpopUse::none) return DpopOptions();
  DpopOptions made{.use = settings.dpop.use, .key = options.dpop_key, .nonce = options.dpop_nonce};
  if (!settings.dpop.key.empty()) {
    auto key = read_dpop_key(settings.dpop, options, std::move(stop));
    if (!key) return fail(std::move(key.error()));
    made.key = std::move(*key);
  }
  const auto* const signs = std::get_if<PrivateKeyJwt>(&authentication);
  if (signs != nullptr && signs->key && signs->key.thumbprint() == made.key.thumbprint())
    return fail(ErrorClass::config, "The key for DPoP is the one that signs the client's assertions.",
                "Leave --dpop-key out, so that one is made, or name another one.");
  return made;
}

}  // namespace oauth_token
