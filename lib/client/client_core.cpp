#include "client/client_core.hpp"

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "base/random.hpp"
#include "client/sending.hpp"
#include "protocol/client_assertion.hpp"
#include "protocol/salvage.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace oauth_token {
namespace {

// Asks an endpoint about a token; `answer` makes the result.
template <class T>
class QueryCall final : public ClientCall<T> {
 public:
  using Answer = Result<T> (*)(const protocol::ClientRequest&, const protocol::TokenQuery&, HttpResponse,
                               const protocol::Reading&);

  QueryCall(ClientCore& core, const std::string& endpoint, std::string_view what, const Secret& token,
            std::string_view token_type_hint, Deadline deadline, Answer answer)
      : core_(core),
        endpoint_(endpoint),
        what_(what),
        token_(token.copy()),
        token_type_hint_(token_type_hint),
        deadline_(deadline),
        answer_(answer) {}

  [[nodiscard]] Result<void> check() const override { return check_endpoint_is_known(endpoint_, what_); }

  Result<HttpRequest> write() override {
    auto assertion = core_.assertion_for(endpoint_, this->ready_made_);
    if (!assertion) return fail(std::move(assertion.error()));
    assertion_ = std::move(*assertion);
    auto request = protocol::query_request(core_.request_to(endpoint_, assertion_), query());
    if (request) request->deadline = deadline_;
    return request;
  }

  std::optional<Result<T>> read(HttpResponse response) override {
    core_.dpop.take_nonce(endpoint_, response);
    return answer_(core_.request_to(endpoint_, assertion_), query(), std::move(response), core_.reading());
  }

  [[nodiscard]] protocol::RequestKind kind() const override { return protocol::RequestKind::query; }

 private:
  [[nodiscard]] protocol::TokenQuery query() const { return {token_, token_type_hint_}; }

  ClientCore& core_;
  const std::string& endpoint_;
  const std::string_view what_;
  const Secret token_;
  const std::string token_type_hint_;
  const Deadline deadline_;
  const Answer answer_;
  Secret assertion_ = {};
};

}  // namespace

Result<void> check_endpoint_is_known(const std::string& endpoint, std::string_view what) {
  if (!endpoint.empty()) return {};
  return fail(Error{.error_class = ErrorClass::config,
                    .message = "The " + std::string(what) + " of the server is not known.",
                    .hint = "Name it, or name the issuer if the server publishes its metadata.",
                    .reason = "no-endpoint"});
}

ClientCore::ClientCore(TokenClientOptions given)
    : options(std::move(given)), dpop(options.dpop), transport(options.transport) {
  dpop.remember(options.token_endpoint, options.dpop.nonce);
}

Deadline ClientCore::deadline() {
  const std::chrono::milliseconds used(used_by_discovery.exchange(0));
  return deadline_after(std::max(options.timeout - used, std::chrono::milliseconds(1)));
}

// Whether a transport of the caller's has a certificate is not known.
Result<void> ClientCore::check_certificate() const {
  const bool wants_one = protocol::is_by_certificate(options.authentication);
  if (!wants_one || options.transport || options.transport_options.client_certificate) return {};
  return fail(ErrorClass::config, "The client is to prove itself by a certificate, and there is none.",
              "Name the client's certificate; nothing was sent.");
}

Result<HttpResponse> ClientCore::send(const HttpRequest& request, protocol::RequestKind kind,
                                      std::stop_token stop) {
  if (auto checked = check_certificate(); !checked) return fail(std::move(checked.error()));
  std::call_once(transport_made, [&] {
    if (!*transport) transport = make_transport(options.transport_options);
  });
  if (!transport) return fail(transport.error());
  auto response = send_by(*transport, request, std::move(stop));
  if (!response) protocol::judge(kind, response.error());
  return response;
}

Result<Secret> ClientCore::ready_made_assertion(std::stop_token stop) const {
  if (auto here = process.check(); !here) return fail(std::move(here.error()));
  const auto* const ready_made = std::get_if<ReadyMadeAssertion>(&options.authentication);
  if (ready_made == nullptr) return Secret();
  if (!ready_made->assertion)
    return fail(ErrorClass::config, "There is nothing to take the client assertion from.",
                "Name the file or command that has it.");
  auto assertion = guarded("source of the client assertion", ready_made->assertion, std::move(stop));
  if (!assertion) return assertion;
  return protocol::ready_made_assertion(std::move(*assertion), ready_made->client_id, now());
}

Result<Secret> ClientCore::assertion_for(const std::string& endpoint, const Secret& ready_made) const {
  const auto made = [&](const auto& jwt) {
    const std::string jti = random_id();
    return protocol::client_assertion(jwt, {.url = endpoint, .now = now(), .jti = jti});
  };
  if (const auto* const jwt = std::get_if<ClientSecretJwt>(&options.authentication)) return made(*jwt);
  if (const auto* const jwt = std::get_if<PrivateKeyJwt>(&options.authentication)) return made(*jwt);
  return ready_made.copy();
}

bool ClientCore::writes_slowly() const noexcept {
  return dpop.use() != DpopUse::none || std::holds_alternative<ReadyMadeAssertion>(options.authentication) ||
         std::holds_alternative<ClientSecretJwt>(options.authentication) ||
         std::holds_alternative<PrivateKeyJwt>(options.authentication);
}

protocol::Reading ClientCore::reading() const {
  return {.now = now(), .lenient = options.lenient, .dpop = dpop.use()};
}

Result<void> GrantCall::check() const {
  return check_endpoint_is_known(core_.options.token_endpoint, "token endpoint");
}

Result<HttpRequest> GrantCall::write() {
  auto assertion = core_.assertion_for(core_.options.token_endpoint, ready_made_);
  if (!assertion) return fail(std::move(assertion.error()));
  assertion_ = std::move(*assertion);
  auto request = protocol::token_request(core_.request_to(core_.options.token_endpoint, assertion_), grant_);
  if (!request) return request;
  if (auto proven = core_.dpop.prove(*request); !proven) return fail(std::move(proven.error()));
  request->deadline = deadline_;
  if (issued_) request->cut_body = &cut_body_;
  return request;
}

// A text in JSON has an end of its own: what is cut off behind it does not change it.
Secret GrantCall::take_issued() {
  if (!issued_) return {};
  if (!cut_body_.empty()) return protocol::salvaged_refresh_token(std::exchange(cut_body_, {}).expose());
  return std::exchange(*issued_, {});
}

std::optional<Result<Token>> GrantCall::read(HttpResponse response) {
  const std::string& endpoint = core_.options.token_endpoint;
  const bool got_nonce = core_.dpop.take_nonce(endpoint, response);
  HttpResponse again;
  if (issued_) again = {.status = response.status, .headers = {}, .body = response.body.copy()};
  const auto reading = core_.reading();
  auto token =
      protocol::token_response(core_.request_to(endpoint, assertion_), grant_, std::move(response), reading);
  if (!token && issued_) *issued_ = protocol::issued_refresh_token(std::move(again), reading);
  if (token || core_.dpop.use() == DpopUse::none || !wants_dpop_nonce(token.error())) return token;
  if (!is_repeated_ && got_nonce) {
    is_repeated_ = true;
    return std::nullopt;
  }
  explain_dpop_nonce(token.error(), is_repeated_);
  return token;
}

std::unique_ptr<ClientCall<Secret>> introspection(ClientCore& core, const Secret& token,
                                                  std::string_view token_type_hint, Deadline deadline) {
  return std::make_unique<QueryCall<Secret>>(core, core.options.introspection_endpoint,
                                             "introspection endpoint", token, token_type_hint, deadline,
                                             protocol::introspection_response);
}

std::unique_ptr<ClientCall<void>> revocation(ClientCore& core, const Secret& token,
                                             std::string_view token_type_hint, Deadline deadline) {
  return std::make_unique<QueryCall<void>>(core, core.options.revocation_endpoint, "revocation endpoint",
                                           token, token_type_hint, deadline, protocol::revocation_response);
}

}  // namespace oauth_token
