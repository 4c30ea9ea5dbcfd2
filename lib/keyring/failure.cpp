#include "keyring/call.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::string_view unlock_command =
    "printf %s \"$KEYRING_PASSWORD\" | gnome-keyring-daemon --replace --unlock.";

struct FreeError {
  void operator()(GError* error) const noexcept { g_error_free(error); }
};

std::string seconds(std::chrono::milliseconds time) {
  const auto tenths = std::chrono::ceil<std::chrono::duration<long, std::deci>>(time).count();
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

bool is_one_of(const GError* error, GQuark domain, std::initializer_list<int> codes) {
  return error->domain == domain && std::find(codes.begin(), codes.end(), error->code) != codes.end();
}

}  // namespace

tl::unexpected<Error> refuse(const char* reason, std::string message, std::string hint) {
  return fail(Error{.error_class = ErrorClass::store,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .reason = reason});
}

tl::unexpected<Error> locked(const Call& call) {
  const std::string hint =
      "Unlock it in the desktop's own dialog; where there is none: " + std::string(unlock_command);
  if (call.asked)
    return refuse("dismissed", "The keyring is locked, and its dialog was closed or could not be shown.",
                  hint);
  return refuse("locked", "The keyring is locked.", hint);
}

tl::unexpected<Error> no_collection() {
  return refuse("absent", "The keyring service is running, but has no default keyring that is open.",
                "Make or open one in the desktop's password program; where there is none: " +
                    std::string(unlock_command));
}

tl::unexpected<Error> failed(Call& call, GError* raw) {
  const std::unique_ptr<GError, FreeError> error(raw);
  if (call.limit.ended() == Limit::End::stop)
    return fail(ErrorClass::interrupted, "Interrupted while the keyring was asked.");
  if (call.limit.ended() == Limit::End::time || is_one_of(raw, G_IO_ERROR, {G_IO_ERROR_TIMED_OUT}) ||
      is_one_of(raw, G_DBUS_ERROR, {G_DBUS_ERROR_TIMEOUT, G_DBUS_ERROR_TIMED_OUT}))
    return refuse("timeout", "The keyring did not answer within " + seconds(call.options.timeout) + ".",
                  "Look for an open dialog of the keyring, or start it anew.");
  if (raw->domain == SECRET_ERROR && raw->code == SECRET_ERROR_IS_LOCKED) return locked(call);
  call.lost = call.reused ||
              is_one_of(raw, G_DBUS_ERROR,
                        {G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_DISCONNECTED, G_DBUS_ERROR_UNKNOWN_OBJECT,
                         G_DBUS_ERROR_UNKNOWN_METHOD, G_DBUS_ERROR_NAME_HAS_NO_OWNER}) ||
              is_one_of(raw, G_IO_ERROR, {G_IO_ERROR_CLOSED}) ||
              is_one_of(raw, SECRET_ERROR, {SECRET_ERROR_NO_SUCH_OBJECT});
  if (raw->domain == G_DBUS_ERROR &&
      (raw->code == G_DBUS_ERROR_SERVICE_UNKNOWN || raw->code == G_DBUS_ERROR_NAME_HAS_NO_OWNER ||
       (raw->code >= G_DBUS_ERROR_SPAWN_EXEC_FAILED && raw->code <= G_DBUS_ERROR_SPAWN_NO_MEMORY)))
    return refuse("absent", "No keyring is running: nothing on the session bus offers the Secret Service.",
                  "Start gnome-keyring, KWallet or KeePassXC.");
  g_dbus_error_strip_remote_error(raw);
  const std::string text = escape_for_terminal(raw->message);
  if (call.lost) return refuse("absent", "The keyring went away during the call: " + text + ".");
  if (is_one_of(raw, G_DBUS_ERROR, {G_DBUS_ERROR_NO_MEMORY, G_DBUS_ERROR_LIMITS_EXCEEDED}))
    return refuse("full", "The keyring has no room: " + text + ".");
  return refuse("denied", "The keyring refused: " + text + ".");
}

}  // namespace oauth_token
