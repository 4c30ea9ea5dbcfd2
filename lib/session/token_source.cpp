#include "client/dpop.hpp"
#include "session/bound_key.hpp"
#include "session/token_source_state.hpp"

#include <oauth_token/token_source.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace oauth_token {

TokenSource::TokenSource(Result<Session> session, Executor executor)
    : state_(std::make_unique<State>(std::move(session), std::move(executor))) {}
TokenSource::TokenSource(TokenSource&&) noexcept = default;
TokenSource& TokenSource::operator=(TokenSource&&) noexcept = default;
TokenSource::~TokenSource() = default;

Result<Token> TokenSource::token(const TokenSourceOptions& options, std::stop_token stop) {
  auto given = state_->flights->token(options, stop);
  if (!given) return fail(std::move(given.error()));
  return std::move(given->token);
}

std::optional<Token> TokenSource::token_at_hand(const TokenSourceOptions& options) {
  return state_->flights->token_at_hand(options);
}

Result<void> TokenSource::revoke(std::stop_token stop) { return state_->flights->revoke(stop); }

Result<DpopAuthorization> TokenSource::authorize(DpopRequest request, const TokenSourceOptions& options,
                                                 std::stop_token stop) {
  if (auto checked = check_dpop_request(request); !checked) return fail(std::move(checked.error()));
  auto given = state_->flights->token(options, stop);
  if (!given) return fail(std::move(given.error()));
  const auto key = state_->flights->key_of(*given->half, stop);
  if (!key) return fail(key.error());
  auto proof = dpop_proof_for(*key, state_->flights->session_name(), given->token, std::move(request));
  if (!proof) return fail(std::move(proof.error()));
  return DpopAuthorization{std::move(given->token), std::move(*proof)};
}

std::optional<Token> TokenSource::take_unkept_token() { return state_->flights->take_unkept(); }

}  // namespace oauth_token
