#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {
class TokenClientAccess;  // the library's own, not exported
}

#pragma GCC visibility push(default)
namespace oauth_token {

/// One client at one server.
struct TokenClientOptions {
  std::string token_endpoint = {};                           ///< URL, as parse_url takes it
  std::string introspection_endpoint = {};                   ///< only introspect needs it
  std::string revocation_endpoint = {};                      ///< only revoke needs it
  ClientAuthentication authentication = NoAuthentication{};  ///< goes with every request
  DpopOptions dpop = {};                                     ///< whether tokens are bound to a key
  /// Sent with every request. Authorization, Host, Content-Length, Transfer-Encoding and DPoP are refused.
  std::vector<HttpHeader> headers = {};
  /// Accept a token from an answer that breaks RFC 6749 in known ways: a missing or form-encoded content
  /// type, a missing token_type.
  bool lenient = false;
  /// For everything that one call does.
  std::chrono::milliseconds timeout{30'000};
  /// How the server is reached.
  TransportOptions transport_options = {};
  /// Used in place of one made from transport_options.
  Transport transport = {};
  /// Where the callbacks of `..._async` calls run.
  Executor executor = {};
};

/// One grant in, one token or one error out. Each call sends one request, and repeats nothing. The one
/// exception: a server that answers `use_dpop_nonce`, by which it says that it has processed nothing, and
/// gives the nonce (RFC 9449 s8), gets the grant once more at once, within the same timeout, with a new proof
/// and, unless it is a ready-made one, a new client assertion. All members may be called from many threads at
/// once.
class TokenClient {
 public:
  /// Opens and checks nothing: what is wrong with the options is the error of the first request.
  explicit TokenClient(TokenClientOptions options);
  TokenClient(TokenClient&&) noexcept;  ///< the other one may only be assigned to or destroyed after that
  TokenClient& operator=(TokenClient&&) noexcept;  ///< the same
  ~TokenClient();

  /// RFC 6749 s3.2. Blocks for at most the timeout; ends within 100 ms of a stop request. Takes the grant
  /// over: its secrets are wiped before this returns. `usage` and `config`, before anything is sent, for what
  /// is wrong with grant or options; else errors as Transport's, or the class of what the server said.
  Result<Token> request(Grant grant, std::stop_token stop = {}) const;

  /// RFC 7662. The answer's JSON object; `active` is present and a boolean. A token that is not active is no
  /// error. `config` (reason "no-endpoint") where the options name no endpoint for it. Blocks, and errors, as
  /// `request`.
  Result<Secret> introspect(const Secret& token, std::string_view token_type_hint = {},
                            std::stop_token stop = {}) const;

  /// RFC 7009. Success only when the server said so: 200 with an empty or JSON body. Blocks, and errors, as
  /// `introspect`.
  Result<void> revoke(const Secret& token, std::string_view token_type_hint = {},
                      std::stop_token stop = {}) const;

  /// The same three, as executor.hpp promises, for any number of calls at once: one thread of the client's
  /// own sends and receives for all of them, at most 128 at a time, the others in their turn, and is started
  /// with the first call, which loads the HTTP module. A second thread runs what blocks before a request is
  /// sent: a ready-made assertion's source, signatures, and reading the trust store. A transport of the
  /// caller's is called there, too, for one call after another. A stopped call's error says in `sent` how far
  /// it came. At most 10 000 calls may wait for their answers at a time, since what is secret in each lies in
  /// memory of its own that is not swapped: one more is answered with class `usage` and reason "too-many",
  /// and can be repeated later. Where the key of the TLS client certificate is in a token of hardware, it
  /// signs on the first thread, for each new connection, and the other calls wait meanwhile; `transport` set
  /// to what make_transport gives does that on the second one.
  void request_async(Grant grant, std::stop_token stop, std::function<void(Result<Token>)> done) const;
  /// As request_async, with the answer of `introspect`.
  void introspect_async(const Secret& token, std::string_view token_type_hint, std::stop_token stop,
                        std::function<void(Result<Secret>)> done) const;
  /// As request_async, with the answer of `revoke`.
  void revoke_async(const Secret& token, std::string_view token_type_hint, std::stop_token stop,
                    std::function<void(Result<void>)> done) const;

  /// A client assertion as the next token request would carry it (RFC 7523 s2.2), for use elsewhere. `config`
  /// where the client authenticates itself otherwise. Sends nothing; blocks where a ready-made one comes from
  /// a source that does, or the key is in a token of hardware.
  Result<Secret> client_assertion(std::stop_token stop = {}) const;

 private:
  friend class TokenClientAccess;
  struct [[gnu::visibility("hidden")]] State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
