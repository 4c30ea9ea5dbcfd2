#include "base/clock.hpp"
#include "client/client_core.hpp"
#include "client/token_client_access.hpp"
#include "client/token_client_state.hpp"
#include "protocol/client_assertion.hpp"

#include <oauth_token/token_client.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token {

TokenClient::TokenClient(TokenClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
TokenClient::TokenClient(TokenClient&&) noexcept = default;
TokenClient& TokenClient::operator=(TokenClient&&) noexcept = default;
TokenClient::~TokenClient() = default;

Result<Token> TokenClient::request(Grant grant, std::stop_token stop) const {
  ClientCore& core = *state_->core;
  GrantCall call(core, std::move(grant), core.deadline());
  return core.run_all(call, stop);
}

Result<Secret> TokenClient::introspect(const Secret& token, std::string_view token_type_hint,
                                       std::stop_token stop) const {
  ClientCore& core = *state_->core;
  return core.run_all(*introspection(core, token, token_type_hint, core.deadline()), stop);
}

Result<void> TokenClient::revoke(const Secret& token, std::string_view token_type_hint,
                                 std::stop_token stop) const {
  ClientCore& core = *state_->core;
  return core.run_all(*revocation(core, token, token_type_hint, core.deadline()), stop);
}

Result<Secret> TokenClient::client_assertion(std::stop_token stop) const {
  auto ready_made = state_->core->ready_made_assertion(std::move(stop));
  if (!ready_made) return ready_made;
  if (auto checked = check_endpoint_is_known(state_->core->options.token_endpoint, "token endpoint");
      !checked)
    return fail(std::move(checked.error()));
  auto assertion = state_->core->assertion_for(state_->core->options.token_endpoint, *ready_made);
  if (assertion && assertion->empty())
    return fail(ErrorClass::config, "The client does not authenticate itself by an assertion.",
                "Use client_secret_jwt, or private_key_jwt with a signing key or a ready-made assertion.");
  return assertion;
}

// --- for sessions ---

Result<Secret> TokenClientAccess::assertion(const TokenClient& client, std::stop_token stop) {
  return client.state_->core->ready_made_assertion(std::move(stop));
}

Result<void> TokenClientAccess::check_still_valid(const TokenClient& client, const Secret& assertion) {
  const auto* const ready_made =
      std::get_if<ReadyMadeAssertion>(&client.state_->core->options.authentication);
  if (ready_made == nullptr || protocol::ready_made_assertion(assertion.copy(), ready_made->client_id, now()))
    return {};
  return fail(Error{.error_class = ErrorClass::config,
                    .message = "The client assertion expired before it was its turn; nothing was sent.",
                    .hint = "Have assertions made that live for a minute at least: another process may be "
                            "busy with the session first.",
                    .reason = std::string(assertion_expired)});
}

Deadline TokenClientAccess::deadline(const TokenClient& client) { return client.state_->core->deadline(); }

void TokenClientAccess::charge(TokenClient& client, std::chrono::milliseconds used) {
  client.state_->core->used_by_discovery = used.count();
}

std::string TokenClientAccess::dpop_nonce(const TokenClient& client) {
  return client.state_->core->dpop.nonce_for(client.state_->core->options.token_endpoint);
}

void TokenClientAccess::use_dpop_key(TokenClient& client, SigningKey key) {
  client.state_->core->dpop.use_key(std::move(key));
}

void TokenClientAccess::use_transport(TokenClient& client, Transport transport) {
  client.state_->core->transport = std::move(transport);
}

RefreshAnswer TokenClientAccess::refresh(const TokenClient& client, RefreshTokenGrant grant,
                                         const Secret& assertion, Deadline deadline) {
  ClientCore& core = *client.state_->core;
  GrantCall call(core, std::move(grant), deadline);
  call.use(assertion.copy());
  call.look_for_issued();
  auto token = core.run(call, {});
  return {.token = std::move(token), .issued = call.take_issued()};
}

Result<Token> TokenClientAccess::request(const TokenClient& client, Grant grant, const Secret& assertion,
                                         std::stop_token stop) {
  ClientCore& core = *client.state_->core;
  GrantCall call(core, std::move(grant), core.deadline());
  call.use(assertion.copy());
  return core.run(call, stop);
}

Result<void> TokenClientAccess::revoke(const TokenClient& client, const Secret& token,
                                       std::string_view token_type_hint, const Secret& assertion,
                                       Deadline deadline, std::stop_token stop) {
  ClientCore& core = *client.state_->core;
  const auto call = revocation(core, token, token_type_hint, deadline);
  call->use(assertion.copy());
  return core.run(*call, stop);
}

}  // namespace oauth_token
