#pragma once

#include "base/folder.hpp"
#include "session/secret_half.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token_store.hpp>

#include <optional>
#include <stop_token>
#include <string>

namespace oauth_token {

/// Whether a session's own key is in its secret half: DPoP without a key of the user's.
bool keeps_dpop_key(const SessionRecord& record);

/// The key that the tokens of a session are bound to (RFC 9449): of the file that its record names, else of
/// its secret half. `config` where they are bound to none; `reauthenticate`, reason "no-dpop-key", where the
/// half has none.
Result<SigningKey> dpop_key(const SessionRecord& record, const SecretHalf& half,
                            const ClientRunOptions& options, std::stop_token stop);

/// For a request with the access token of that session. `protocol` for one that is not bound to a key.
Result<Secret> dpop_proof_for(const SigningKey& key, const std::string& session, const Token& token,
                              DpopRequest request);

/// A key that is made at sign-in: durable in the store before the first request, and gone again when nothing
/// came of it. What a crash leaves behind is known by a note under the session's name, and the next sign-in
/// goes on with it. To be used under the lock of the name, from `save` on under the session's too.
class SignInKey {
 public:
  static Result<SignInKey> open(const Folder& state, const std::string& session);

  /// The id under which an unfinished sign-in may have left a key; empty: none.
  [[nodiscard]] const std::string& unfinished() const noexcept { return unfinished_; }
  /// The key that the store has under the id of `record`, else `made`, which is saved there first: beside the
  /// tokens of `old`, when that session goes on.
  Result<SigningKey> save(TokenStore& store, const SessionRecord& record, const SessionRecord* old,
                          const SigningKey& made, std::stop_token stop);
  /// For the session's half; empty: none.
  [[nodiscard]] Secret take_text() noexcept { return std::move(text_); }
  /// Nothing was issued: what was saved for it goes, as far as the store lets it.
  void give_up(TokenStore& store, const SessionRecord& record);
  /// The session stands.
  void finish();

 private:
  SignInKey(Folder notes, std::string session) : notes_(std::move(notes)), session_(std::move(session)) {}

  Folder notes_;
  std::string session_;
  std::string unfinished_ = {};
  Secret text_ = {};
  bool alone_ = false;  // the store has nothing else of the session
};

}  // namespace oauth_token
