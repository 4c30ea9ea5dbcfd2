#include "keyring/call.hpp"

#include <utility>

namespace oauth_token {
namespace {

constexpr const char* interface = "org.freedesktop.Secret.Prompt";

// A dialog of the provider's, between Prompt and Completed. libsecret's own waits for Completed also when it
// was cancelled, which a provider that hangs never sends.
class Dialog {
 public:
  Dialog(GDBusProxy* prompt, GCancellable* cancellable)
      : bus_(g_dbus_proxy_get_connection(prompt)),
        path_(g_dbus_proxy_get_object_path(prompt)),
        cancellable_(cancellable),
        context_(g_main_context_new()),
        wake_up_(g_cancellable_source_new(cancellable)) {
    g_main_context_push_thread_default(context_);
    const auto go_on = [](GCancellable*, gpointer) -> gboolean { return G_SOURCE_REMOVE; };
    g_source_set_callback(wake_up_, G_SOURCE_FUNC(+go_on), nullptr, nullptr);
    g_source_attach(wake_up_, context_);
    completed_ =
        g_dbus_connection_signal_subscribe(bus_, service_name, interface, "Completed", path_, nullptr,
                                           G_DBUS_SIGNAL_FLAGS_NONE, on_completed, this, nullptr);
    gone_ = g_dbus_connection_signal_subscribe(bus_, "org.freedesktop.DBus", "org.freedesktop.DBus",
                                               "NameOwnerChanged", "/org/freedesktop/DBus", service_name,
                                               G_DBUS_SIGNAL_FLAGS_NONE, on_gone, this, nullptr);
  }
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  Dialog(Dialog&&) = delete;
  Dialog& operator=(Dialog&&) = delete;
  ~Dialog() {
    g_dbus_connection_signal_unsubscribe(bus_, completed_);
    g_dbus_connection_signal_unsubscribe(bus_, gone_);
    g_source_destroy(wake_up_);
    g_source_unref(wake_up_);
    while (g_main_context_iteration(context_, FALSE) != FALSE) {
    }
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
    if (answer_ != nullptr) g_variant_unref(answer_);
  }

  GVariant* run(GError** error) {
    GVariant* const opened = call("Prompt", g_variant_new("(s)", ""), error);
    if (opened == nullptr) return nullptr;
    g_variant_unref(opened);
    while (!ended_ && g_cancellable_is_cancelled(cancellable_) == FALSE)
      g_main_context_iteration(context_, TRUE);
    // libsecret crashes on a closed dialog that gives neither answer nor error.
    if (ended_ && !lost_ && answer_ == nullptr)
      g_set_error_literal(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED, "its dialog was closed");
    if (lost_)
      g_set_error_literal(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "it ended while its dialog was open");
    if (!ended_) {
      g_dbus_connection_call(bus_, service_name, path_, interface, "Dismiss", nullptr, nullptr,
                             G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, nullptr, nullptr, nullptr);
      g_cancellable_set_error_if_cancelled(cancellable_, error);
    }
    return std::exchange(answer_, nullptr);
  }

 private:
  GVariant* call(const char* method, GVariant* parameters, GError** error) {
    return g_dbus_connection_call_sync(bus_, service_name, path_, interface, method, parameters, nullptr,
                                       G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, cancellable_, error);
  }

  static void on_completed(GDBusConnection* /*bus*/, const gchar* /*sender*/, const gchar* /*path*/,
                           const gchar* /*interface*/, const gchar* /*signal*/, GVariant* parameters,
                           gpointer data) {
    auto* const self = static_cast<Dialog*>(data);
    if (self->ended_ || g_variant_is_of_type(parameters, G_VARIANT_TYPE("(bv)")) == FALSE) return;
    self->ended_ = true;
    gboolean dismissed = FALSE;
    GVariant* answer = nullptr;
    g_variant_get(parameters, "(bv)", &dismissed, &answer);
    if (dismissed == FALSE)
      self->answer_ = answer;
    else
      g_variant_unref(answer);
  }

  static void on_gone(GDBusConnection* /*bus*/, const gchar* /*sender*/, const gchar* /*path*/,
                      const gchar* /*interface*/, const gchar* /*signal*/, GVariant* /*parameters*/,
                      gpointer data) {
    auto* const self = static_cast<Dialog*>(data);
    if (!self->ended_) self->lost_ = self->ended_ = true;
  }

  GDBusConnection* bus_;
  const char* path_;
  GCancellable* cancellable_;
  GMainContext* context_;
  GSource* wake_up_;
  guint completed_ = 0;
  guint gone_ = 0;
  GVariant* answer_ = nullptr;
  bool ended_ = false;
  bool lost_ = false;
};

}  // namespace

GVariant* ask_person(Call& call, GDBusProxy* prompt, const GVariantType* type, GError** error) {
  if (!call.options.may_prompt && !call.is_open) {
    g_set_error_literal(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED, "no person is there to be asked");
    return nullptr;
  }
  call.asked = true;
  if (call.options.may_prompt) call.limit.dialog_opened();
  GVariant* answer = Dialog(prompt, call.cancellable.get()).run(error);
  if (call.options.may_prompt) call.limit.dialog_closed();
  if (answer != nullptr && type != nullptr && g_variant_is_of_type(answer, type) == FALSE) {
    g_set_error_literal(error, SECRET_ERROR, SECRET_ERROR_PROTOCOL,
                        "its dialog gave an answer of another kind");
    g_variant_unref(answer);
    return nullptr;
  }
  return answer;
}

}  // namespace oauth_token
