#pragma once

#include "keyring/limit.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>
#include <stop_token>
#include <string>

#include <libsecret/secret.h>
#include <sys/types.h>
#include <unistd.h>

namespace oauth_token {

inline constexpr const char* service_name = "org.freedesktop.secrets";

struct Unref {
  void operator()(gpointer object) const noexcept { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

/// An encrypted session with the Secret Service on a D-Bus connection of its own: a host's own use of D-Bus
/// and its main loop are left alone. Used by one call at a time.
struct Connection {
  Connection() : context(g_main_context_new()) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  GMainContext* const context;
  Object<SecretService> service = {};
  const pid_t process = ::getpid();  ///< a forked child has no thread that reads the connection
};

/// One call of the store.
struct Call {
  /// Goes on with `kept`, if it is one.
  Call(const KeyringOptions& wanted, std::stop_token stop, std::unique_ptr<Connection> kept);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  Call(Call&&) = delete;
  Call& operator=(Call&&) = delete;
  ~Call();

  /// Finds the session bus and opens the session; nothing to do for a kept one.
  Result<void> connect();
  void drop_connection();
  /// The connection, for the next call; this one must not be used any more.
  std::unique_ptr<Connection> take_connection();
  [[nodiscard]] SecretService* service() const noexcept { return connection->service.get(); }

  const KeyringOptions& options;
  const Object<GCancellable> cancellable;
  Limit limit;
  std::unique_ptr<Connection> connection;
  bool reused;
  /// Nothing is locked any more: a prompt is now the provider's way to do its work (KeePassXC saves and
  /// erases only so), as a rule without a dialog.
  bool is_open = false;
  bool asked = false;  ///< a dialog was shown, or should have been
  bool lost = false;   ///< the provider went away; another one may be there by now
};

/// Class `store` with that reason.
tl::unexpected<Error> refuse(const char* reason, std::string message, std::string hint = {});
/// The keyring is locked, and stays so.
tl::unexpected<Error> locked(const Call& call);
/// There is no default collection.
tl::unexpected<Error> no_collection();
/// What a call of libsecret failed with; takes `error` over.
tl::unexpected<Error> failed(Call& call, GError* error);

/// Shows a dialog that the provider asks for, if `may_prompt`, and waits for the person. The clock stands
/// still meanwhile. Nothing without an error when the person closed it. Without a person, only where the
/// keyring is open, and within the call's time.
GVariant* ask_person(Call& call, GDBusProxy* prompt, const GVariantType* type, GError** error);

/// SecretService, but for its dialogs, which are `ask_person`'s, and its connection, which is the one it is
/// given. Needs `set_call` before the first dialog.
GType service_type();
void set_call(SecretService* service, Call* call);

}  // namespace oauth_token
