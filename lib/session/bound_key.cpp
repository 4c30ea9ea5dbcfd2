#include "session/bound_key.hpp"

#include "base/clock.hpp"
#include "client/dpop.hpp"
#include "session/record.hpp"
#include "session/refresh.hpp"

#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::size_t id_limit = 64;  // bytes

Result<SigningKey> parse_key(const SessionRecord& record, const Secret& text) {
  return SigningKey::parse(text, "The DPoP key of session \"" + record.name + "\"");
}

}  // namespace

bool keeps_dpop_key(const SessionRecord& record) {
  return record.client.dpop.use != DpopUse::none && record.client.dpop.key.empty();
}

Result<SigningKey> dpop_key(const SessionRecord& record, const SecretHalf& half,
                            const ClientRunOptions& options, std::stop_token stop) {
  if (record.client.dpop.use == DpopUse::none)
    return fail(ErrorClass::config, "The tokens of session \"" + record.name + "\" are not bound to a key.",
                "Sign in with --dpop, if the server knows DPoP (RFC 9449).");
  if (!keeps_dpop_key(record)) return read_dpop_key(record.client.dpop, options, std::move(stop));
  if (half.dpop_key.empty())
    return sign_in_again(
        record,
        "The store has no key of session \"" + record.name + "\", whose tokens are bound to one (DPoP).",
        "no-dpop-key");
  return parse_key(record, half.dpop_key);
}

Result<Secret> dpop_proof_for(const SigningKey& key, const std::string& session, const Token& token,
                              DpopRequest request) {
  if (token.token_type != "DPoP")
    return fail(ErrorClass::protocol,
                "The access token of session \"" + session +
                    "\" is not bound to a key: the server issued it as a plain one.",
                "Send it without a proof: oauth-token token -o header.");
  request.access_token = token.access_token.copy();
  return oauth_token::dpop_proof(key, request);
}

Result<SignInKey> SignInKey::open(const Folder& state, const std::string& session) {
  auto notes = state.inside("signing-in");
  if (!notes) return fail(std::move(notes.error()));
  SignInKey key(std::move(*notes), session);
  const auto note = key.notes_.read(session, id_limit);
  if (note && *note && is_session_id((*note)->expose())) key.unfinished_ = (*note)->expose();
  return key;
}

Result<SigningKey> SignInKey::save(TokenStore& store, const SessionRecord& record, const SessionRecord* old,
                                   const SigningKey& made, std::stop_token stop) {
  const bool goes_on = old != nullptr && old->id == record.id;
  const SessionRecord& written = goes_on ? *old : record;
  auto half = load_half_or_key(store, written, stop);
  // What the sign-in would write over as well is no reason to refuse it.
  const bool unusable =
      !half && (half.error().error_class != ErrorClass::store || half.error().reason == "damaged");
  if (!half && !unusable) return fail(std::move(half.error()));
  std::optional<SecretHalf> found = half ? std::move(*half) : std::nullopt;
  alone_ = !found || is_key_alone(*found);
  if (found && !found->dpop_key.empty()) {
    if (auto key = parse_key(record, found->dpop_key)) {
      text_ = std::move(found->dpop_key);
      return key;
    }
  }
  if (!goes_on) {
    if (auto noted = notes_.replace(session_, record.id); !noted) return fail(std::move(noted.error()));
  }
  auto text = made.private_jwk();
  if (!text) return fail(std::move(text.error()));
  text_ = std::move(*text);
  if (!found) found = SecretHalf{.generation = record.generation, .obtained_at = now()};
  found->dpop_key = text_.copy();
  if (auto saved = save_half(store, written, *found, std::move(stop)); !saved)
    return fail(std::move(saved.error()));
  return made;
}

void SignInKey::give_up(TokenStore& store, const SessionRecord& record) {
  if (!alone_) return;
  if (store.erase(record.id, {})) finish();
}

void SignInKey::finish() { [[maybe_unused]] const auto removed = notes_.remove(session_); }

}  // namespace oauth_token
