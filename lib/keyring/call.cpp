#include "keyring/call.hpp"

#include "base/worker.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace oauth_token {
namespace {

// GLib alone would start a bus of its own where there is none.
std::optional<std::string> bus_address() {
  // NOLINTBEGIN(concurrency-mt-unsafe): read only
  if (const char* const named = std::getenv("DBUS_SESSION_BUS_ADDRESS"); named != nullptr && *named != '\0')
    return named;
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  // NOLINTEND(concurrency-mt-unsafe)
  if (runtime == nullptr || *runtime != '/') return std::nullopt;
  const std::string path = std::string(runtime) + "/bus";
  if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
  const std::unique_ptr<char, decltype(&g_free)> escaped(g_dbus_address_escape_value(path.c_str()), g_free);
  return "unix:path=" + std::string(escaped.get());
}

// A variable may choose the bus, but not send a token to another user or over a network.
bool is_local(std::string_view address) {
  while (!address.empty()) {
    if (!address.starts_with("unix:")) return false;
    address.remove_prefix(std::min(address.find(';'), address.size() - 1) + 1);
  }
  return true;
}

bool belongs_to_us(GDBusConnection* bus) {
  GIOStream* const stream = g_dbus_connection_get_stream(bus);
  if (!G_IS_SOCKET_CONNECTION(stream)) return false;
  GSocket* const socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
  const Object<GCredentials> peer(g_socket_get_credentials(socket, nullptr));
  return peer && g_credentials_get_unix_user(peer.get(), nullptr) == ::geteuid();
}

// What libsecret's objects leave to be done, and what the provider tells of others, waits in the context, as
// long as the connection is kept. There is an end to it even where a provider never stops telling.
void do_what_waits(GMainContext* context) {
  constexpr int most = 10'000;
  for (int i = 0; i < most && g_main_context_iteration(context, FALSE) != FALSE; ++i) {
  }
}

// GLib ends the process where it gets no thread.
Result<void> check_threads() {
  auto thread = start_thread([] {});
  if (!thread) return fail(std::move(thread.error()));
  thread->join();
  return {};
}

}  // namespace

Connection::~Connection() {
  // After a fork the rest of GLib's machinery is not there: better to leave it than to wait for it.
  if (process != ::getpid()) {
    static_cast<void>(service.release());
    return;
  }
  service.reset();
  do_what_waits(context);
  g_main_context_unref(context);
}

Call::Call(const KeyringOptions& wanted, std::stop_token stop, std::unique_ptr<Connection> kept)
    : options(wanted),
      cancellable(g_cancellable_new()),
      limit(wanted.timeout, std::move(stop), [this] { g_cancellable_cancel(cancellable.get()); }),
      connection(kept && kept->process == ::getpid() ? std::move(kept) : std::make_unique<Connection>()),
      reused(connection->service != nullptr) {
  g_main_context_push_thread_default(connection->context);
  if (reused) set_call(service(), this);
}

Call::~Call() {
  if (connection) take_connection();
}

std::unique_ptr<Connection> Call::take_connection() {
  if (connection->service) set_call(service(), nullptr);
  do_what_waits(connection->context);
  g_main_context_pop_thread_default(connection->context);
  return std::move(connection);
}

void Call::drop_connection() {
  take_connection();
  connection = std::make_unique<Connection>();
  g_main_context_push_thread_default(connection->context);
  reused = false;
}

Result<void> Call::connect() {
  if (auto limited = limit.check(); !limited) return limited;
  if (connection->service) return {};
  const std::optional<std::string> address = bus_address();
  if (!address)
    return refuse("absent", "There is no D-Bus session bus, so no keyring can be reached.",
                  "Sign in to a desktop, or run this under dbus-run-session with a keyring.");
  if (!is_local(*address))
    return refuse("denied", "DBUS_SESSION_BUS_ADDRESS names a bus that is not a local socket.",
                  "Let it begin with unix: or unset it.");
  if (auto startable = check_threads(); !startable) return startable;
  GError* error = nullptr;
  constexpr auto flags = static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                           G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
  const Object<GDBusConnection> bus(
      g_dbus_connection_new_for_address_sync(address->c_str(), flags, nullptr, cancellable.get(), &error));
  if (!bus && limit.ended() != Limit::End::none) return failed(*this, error);
  if (!bus) {
    const std::string text = escape_for_terminal(error->message);
    g_error_free(error);
    return refuse("absent", "The D-Bus session bus cannot be reached: " + text + ".");
  }
  if (!belongs_to_us(bus.get()))
    return refuse("denied", "The D-Bus session bus belongs to another user.",
                  "Unset DBUS_SESSION_BUS_ADDRESS, or set it to this user's own bus.");
  gpointer opened = g_initable_new(service_type(), cancellable.get(), &error, "g-connection", bus.get(),
                                   "flags", SECRET_SERVICE_OPEN_SESSION, nullptr);
  if (opened == nullptr) return failed(*this, error);
  connection->service.reset(SECRET_SERVICE(opened));
  set_call(service(), this);
  return {};
}

}  // namespace oauth_token
