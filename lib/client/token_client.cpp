#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/dpop.hpp"
#include "client/token_client_access.hpp"
#include "protocol/answer.hpp"
#include "protocol/client_assertion.hpp"
#include "protocol/token_request.hpp"
#include "protocol/token_response.hpp"

#include <oauth_token/token_client.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point deadline_after(std::chrono::milliseconds timeout) {
  const auto start = Clock::now();
  const auto longest =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - start);
  return timeout < longest ? start + timeout : Clock::time_point::max();
}

Result<void> check_endpoint(const std::string& endpoint, std::string_view what) {
  if (!endpoint.empty()) return {};
  return fail(ErrorClass::config, "The " + std::string(what) + " of the server is not known.",
              "Name it, or name the issuer if the server publishes its metadata.");
}

/// A client that proves itself by a certificate needs one; whether a transport of the caller's has it is not
/// known.
Result<void> check_certificate(const TokenClientOptions& options) {
  const bool wants_one = protocol::is_by_certificate(options.authentication);
  if (!wants_one || options.transport || options.transport_options.client_certificate) return {};
  return fail(ErrorClass::config, "The client is to prove itself by a certificate, and there is none.",
              "Name the client's certificate; nothing was sent.");
}

}  // namespace

struct TokenClient::State {
  explicit State(TokenClientOptions given)
      : options(std::move(given)), dpop(options.dpop), transport(options.transport) {
    dpop.remember(options.token_endpoint, options.dpop.nonce);
  }

  TokenClientOptions options;
  DpopProver dpop;
  std::once_flag transport_made;
  Result<Transport> transport;
  std::atomic<std::chrono::milliseconds::rep> used_by_discovery{0};

  [[nodiscard]] Clock::time_point deadline() {
    const std::chrono::milliseconds used(used_by_discovery.exchange(0));
    return deadline_after(std::max(options.timeout - used, std::chrono::milliseconds(1)));
  }

  Result<HttpResponse> send(HttpRequest& request, Clock::time_point deadline, protocol::RequestKind kind,
                            std::stop_token stop) {
    if (auto checked = check_certificate(options); !checked) return fail(std::move(checked.error()));
    std::call_once(transport_made, [&] {
      if (!*transport) transport = make_transport(options.transport_options);
    });
    if (!transport) return fail(transport.error());
    request.deadline = deadline;
    auto response = (*transport)(request, std::move(stop));
    if (!response) response.error().retry_safe = protocol::may_repeat(kind, response.error());
    return response;
  }

  [[nodiscard]] Result<Secret> assertion(std::stop_token stop) const {
    const auto* const ready_made = std::get_if<ReadyMadeAssertion>(&options.authentication);
    if (ready_made == nullptr) return Secret();
    if (!ready_made->assertion)
      return fail(ErrorClass::config, "There is nothing to take the client assertion from.",
                  "Name the file or command that has it.");
    auto assertion = ready_made->assertion(std::move(stop));
    if (!assertion) return assertion;
    return protocol::ready_made_assertion(std::move(*assertion), ready_made->client_id, now());
  }

  /// The assertion that a request to `endpoint` carries: one made for it, else the ready-made one.
  [[nodiscard]] Result<Secret> assertion_for(const std::string& endpoint, const Secret& ready_made) const {
    const auto made = [&](const auto& jwt) {
      const std::string jti = random_hex(16);
      return protocol::client_assertion(jwt, {.url = endpoint, .now = now(), .jti = jti});
    };
    if (const auto* const jwt = std::get_if<ClientSecretJwt>(&options.authentication)) return made(*jwt);
    if (const auto* const jwt = std::get_if<PrivateKeyJwt>(&options.authentication)) return made(*jwt);
    return ready_made.copy();
  }

  [[nodiscard]] protocol::ClientRequest client(const std::string& endpoint, const Secret& assertion) const {
    return {endpoint, options.authentication, assertion, options.headers};
  }

  [[nodiscard]] protocol::Reading reading() const {
    return {.now = now(), .lenient = options.lenient, .dpop = dpop.use()};
  }

  /// Repeated once with the nonce that the server wants in the proof (RFC 9449 s8), since it then has
  /// processed nothing. `issued`: takes the refresh token of an answer that is none.
  Result<Token> request(const Grant& grant, const Secret& ready_made, Clock::time_point deadline,
                        Secret* issued, const std::stop_token& stop) {
    if (auto checked = check_endpoint(options.token_endpoint, "token endpoint"); !checked)
      return fail(std::move(checked.error()));
    bool got_nonce = false;
    auto token = send_grant(grant, ready_made, deadline, issued, got_nonce, stop);
    if (dpop.use() == DpopUse::none || token || !wants_dpop_nonce(token.error())) return token;
    const bool repeated = got_nonce;
    if (repeated) token = send_grant(grant, ready_made, deadline, issued, got_nonce, stop);
    if (!token && wants_dpop_nonce(token.error())) explain_dpop_nonce(token.error(), repeated);
    return token;
  }

  Result<Token> send_grant(const Grant& grant, const Secret& ready_made, Clock::time_point deadline,
                           Secret* issued, bool& got_nonce, std::stop_token stop) {
    const auto assertion = assertion_for(options.token_endpoint, ready_made);
    if (!assertion) return fail(assertion.error());
    const protocol::ClientRequest to = client(options.token_endpoint, *assertion);
    auto request = protocol::token_request(to, grant);
    if (!request) return fail(std::move(request.error()));
    if (auto proven = dpop.prove(*request); !proven) return fail(std::move(proven.error()));
    auto response = send(*request, deadline, protocol::kind_of(grant), std::move(stop));
    if (!response) return fail(std::move(response.error()));
    got_nonce = dpop.take_nonce(*request, *response);
    HttpResponse again;
    if (issued != nullptr)
      again = {.status = response->status, .headers = response->headers, .body = response->body.copy()};
    auto token = protocol::token_response(to, grant, std::move(*response), reading());
    if (!token && issued != nullptr) *issued = protocol::issued_refresh_token(std::move(again), reading());
    return token;
  }

  /// Asks an endpoint about a token; `read` makes the result of the answer.
  template <class Answered, class Read>
  Result<Answered> ask(const std::string& endpoint, const protocol::TokenQuery& query,
                       const Secret& ready_made, Clock::time_point deadline, std::stop_token stop,
                       Read read) {
    const auto assertion = assertion_for(endpoint, ready_made);
    if (!assertion) return fail(assertion.error());
    const protocol::ClientRequest to = client(endpoint, *assertion);
    auto request = protocol::query_request(to, query);
    if (!request) return fail(std::move(request.error()));
    auto response = send(*request, deadline, protocol::RequestKind::query, std::move(stop));
    if (!response) return fail(std::move(response.error()));
    dpop.take_nonce(*request, *response);
    return read(to, query, std::move(*response), reading());
  }
};

TokenClient::TokenClient(TokenClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
TokenClient::TokenClient(TokenClient&&) noexcept = default;
TokenClient& TokenClient::operator=(TokenClient&&) noexcept = default;
TokenClient::~TokenClient() = default;

Result<Token> TokenClient::request(Grant given, std::stop_token stop) const {
  // A parameter may live on after the return; this ends before it.
  const Grant grant = std::move(given);
  const Deadline deadline = state_->deadline();
  const auto assertion = state_->assertion(stop);
  if (!assertion) return fail(assertion.error());
  return state_->request(grant, *assertion, deadline, nullptr, stop);
}

Result<Secret> TokenClient::introspect(const Secret& token, std::string_view token_type_hint,
                                       std::stop_token stop) const {
  const Deadline deadline = state_->deadline();
  const std::string& endpoint = state_->options.introspection_endpoint;
  if (auto checked = check_endpoint(endpoint, "introspection endpoint"); !checked)
    return fail(std::move(checked.error()));
  const auto assertion = state_->assertion(stop);
  if (!assertion) return fail(assertion.error());
  return state_->ask<Secret>(endpoint, {token, token_type_hint}, *assertion, deadline, std::move(stop),
                             protocol::introspection_response);
}

Result<void> TokenClient::revoke(const Secret& token, std::string_view token_type_hint,
                                 std::stop_token stop) const {
  const Deadline deadline = state_->deadline();
  const auto assertion = state_->assertion(stop);
  if (!assertion) return fail(assertion.error());
  return TokenClientAccess::revoke(*this, token, token_type_hint, *assertion, deadline, std::move(stop));
}

Result<Secret> TokenClient::client_assertion(std::stop_token stop) const {
  auto ready_made = state_->assertion(std::move(stop));
  if (!ready_made) return ready_made;
  if (auto checked = check_endpoint(state_->options.token_endpoint, "token endpoint"); !checked)
    return fail(std::move(checked.error()));
  auto assertion = state_->assertion_for(state_->options.token_endpoint, *ready_made);
  if (assertion && assertion->empty())
    return fail(ErrorClass::config, "The client does not authenticate itself by an assertion.",
                "Use client_secret_jwt, or private_key_jwt with a signing key or a ready-made assertion.");
  return assertion;
}

// --- for sessions ---

Result<Secret> TokenClientAccess::assertion(const TokenClient& client, std::stop_token stop) {
  return client.state_->assertion(std::move(stop));
}

Result<void> TokenClientAccess::check_still_valid(const TokenClient& client, const Secret& assertion) {
  const auto* const ready_made = std::get_if<ReadyMadeAssertion>(&client.state_->options.authentication);
  if (ready_made == nullptr || protocol::ready_made_assertion(assertion.copy(), ready_made->client_id, now()))
    return {};
  return fail(Error{.error_class = ErrorClass::config,
                    .message = "The client assertion expired before it was its turn; nothing was sent.",
                    .hint = "Have assertions made that live for a minute at least: another process may be "
                            "busy with the session first.",
                    .reason = std::string(assertion_expired)});
}

Deadline TokenClientAccess::deadline(const TokenClient& client) { return client.state_->deadline(); }

void TokenClientAccess::charge(TokenClient& client, std::chrono::milliseconds used) {
  client.state_->used_by_discovery = used.count();
}

std::string TokenClientAccess::dpop_nonce(const TokenClient& client) {
  return client.state_->dpop.nonce_for(client.state_->options.token_endpoint);
}

void TokenClientAccess::use_dpop_key(TokenClient& client, SigningKey key) {
  client.state_->dpop.use_key(std::move(key));
}

RefreshAnswer TokenClientAccess::refresh(const TokenClient& client, RefreshTokenGrant given,
                                         const Secret& assertion, Deadline deadline) {
  const Grant grant = std::move(given);
  Secret issued;
  auto token = client.state_->request(grant, assertion, deadline, &issued, {});
  return {.token = std::move(token), .issued = std::move(issued)};
}

Result<Token> TokenClientAccess::request(const TokenClient& client, Grant given, const Secret& assertion,
                                         std::stop_token stop) {
  const Grant grant = std::move(given);
  return client.state_->request(grant, assertion, client.state_->deadline(), nullptr, stop);
}

Result<void> TokenClientAccess::revoke(const TokenClient& client, const Secret& token,
                                       std::string_view token_type_hint, const Secret& assertion,
                                       Deadline deadline, std::stop_token stop) {
  const std::string& endpoint = client.state_->options.revocation_endpoint;
  if (auto checked = check_endpoint(endpoint, "revocation endpoint"); !checked)
    return fail(std::move(checked.error()));
  return client.state_->ask<void>(endpoint, {token, token_type_hint}, assertion, deadline, std::move(stop),
                                  protocol::revocation_response);
}

}  // namespace oauth_token
