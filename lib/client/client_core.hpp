#pragma once

#include "base/own_process.hpp"
#include "base/waiting.hpp"
#include "client/dpop.hpp"
#include "protocol/answer.hpp"
#include "protocol/token_request.hpp"
#include "protocol/token_response.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_client.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {

/// One call of a client, whoever sends: it is asked for requests, and gets their answers, until one of them
/// makes a result. Neither sends nor waits.
template <class T>
class ClientCall {
 public:
  virtual ~ClientCall() = default;
  /// `config` when the endpoint is not known: before anything is run or read for the call.
  [[nodiscard]] virtual Result<void> check() const = 0;
  /// The next request. Signs where that is how the client proves itself, which may block for a key in a token
  /// of hardware.
  virtual Result<HttpRequest> write() = 0;
  /// Nothing: the request is to be sent once more.
  virtual std::optional<Result<T>> read(HttpResponse response) = 0;
  [[nodiscard]] virtual protocol::RequestKind kind() const = 0;
  /// The ready-made client assertion, if that is what the client has; before the first `write`.
  void use(Secret assertion) { ready_made_ = std::move(assertion); }

 protected:
  Secret ready_made_ = {};
};

/// `config` for an endpoint that is not known.
Result<void> check_endpoint_is_known(const std::string& endpoint, std::string_view what);

/// What all calls of one client share. Thread-safe but for `use_dpop_key`.
struct ClientCore {
  explicit ClientCore(TokenClientOptions given);

  /// When requests that begin now must be over.
  [[nodiscard]] Deadline deadline();
  /// The client assertion that its source gives for one request; empty where there is no source. Blocks for
  /// as long as the source does.
  [[nodiscard]] Result<Secret> ready_made_assertion(std::stop_token stop) const;
  /// The assertion that a request to `endpoint` carries: one made for it, else the ready-made one.
  [[nodiscard]] Result<Secret> assertion_for(const std::string& endpoint, const Secret& ready_made) const;
  /// Whether `ClientCall::write` or what comes before it may block.
  [[nodiscard]] bool writes_slowly() const noexcept;
  /// `config` for a client that is to prove itself by a certificate and has none.
  [[nodiscard]] Result<void> check_certificate() const;

  [[nodiscard]] protocol::ClientRequest request_to(const std::string& endpoint,
                                                   const Secret& assertion) const {
    return {endpoint, options.authentication, assertion, options.headers};
  }
  [[nodiscard]] protocol::Reading reading() const;

  Result<HttpResponse> send(const HttpRequest& request, protocol::RequestKind kind, std::stop_token stop);
  /// Sends until there is a result. Blocks.
  template <class T>
  Result<T> run(ClientCall<T>& call, const std::stop_token& stop) {
    if (auto here = process.check(); !here) return fail(std::move(here.error()));
    if (auto known = call.check(); !known) return fail(std::move(known.error()));
    for (;;) {
      const auto request = call.write();
      if (!request) return fail(request.error());
      auto response = send(*request, call.kind(), stop);
      if (!response) return fail(std::move(response.error()));
      if (auto result = call.read(std::move(*response))) return std::move(*result);
    }
  }

  /// The same, with all that comes before.
  template <class T>
  Result<T> run_all(ClientCall<T>& call, const std::stop_token& stop) {
    if (auto known = call.check(); !known) return fail(std::move(known.error()));
    auto assertion = ready_made_assertion(stop);
    if (!assertion) return fail(std::move(assertion.error()));
    call.use(std::move(*assertion));
    return run(call, stop);
  }

  const OwnProcess process = {};
  TokenClientOptions options;
  DpopProver dpop;
  std::once_flag transport_made = {};
  Result<Transport> transport;
  std::atomic<std::chrono::milliseconds::rep> used_by_discovery{0};
};

/// A token request (RFC 6749 s3.2), repeated once with the nonce that the server wants in the DPoP proof (RFC
/// 9449 s8), since it then has processed nothing.
class GrantCall final : public ClientCall<Token> {
 public:
  GrantCall(ClientCore& core, Grant grant, Deadline deadline)
      : core_(core), grant_(std::move(grant)), deadline_(deadline) {}

  [[nodiscard]] Result<void> check() const override;
  Result<HttpRequest> write() override;
  std::optional<Result<Token>> read(HttpResponse response) override;
  [[nodiscard]] protocol::RequestKind kind() const override { return protocol::kind_of(grant_); }

  /// From now on, an answer that is no valid one, or was cut off, is looked through for a refresh token. The
  /// call must not end before its requests.
  void look_for_issued() noexcept { issued_.emplace(); }
  /// The one that was found; empty: none.
  Secret take_issued();

 private:
  ClientCore& core_;
  const Grant grant_;
  const Deadline deadline_;
  Secret assertion_ = {};
  std::optional<Secret> issued_ = {};
  Secret cut_body_ = {};
  bool is_repeated_ = false;
};

/// RFC 7662 and RFC 7009.
std::unique_ptr<ClientCall<Secret>> introspection(ClientCore& core, const Secret& token,
                                                  std::string_view token_type_hint, Deadline deadline);
std::unique_ptr<ClientCall<void>> revocation(ClientCore& core, const Secret& token,
                                             std::string_view token_type_hint, Deadline deadline);

}  // namespace oauth_token
