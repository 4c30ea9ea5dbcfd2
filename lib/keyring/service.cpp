#include "keyring/call.hpp"

#include <cstdint>
#include <string>

namespace oauth_token {
namespace {

// libsecret asks its service class to show the dialogs that a provider wants. Its synchronous functions do so
// in the calling thread, in either of two ways.
constexpr const char* call_key = "oauth-token-call";
SecretServiceClass* plain_service = nullptr;

Call& call_of(SecretService* service) {
  return *static_cast<Call*>(g_object_get_data(G_OBJECT(service), call_key));
}

GVariant* show_dialog(SecretService* self, SecretPrompt* prompt, GCancellable* /*cancellable*/,
                      const GVariantType* type, GError** error) {
  return ask_person(call_of(self), G_DBUS_PROXY(prompt), type, error);
}

void begin_dialog(SecretService* self, SecretPrompt* prompt, const GVariantType* type,
                  GCancellable* /*cancellable*/, GAsyncReadyCallback done, gpointer data) {
  const Object<GTask> task(g_task_new(self, nullptr, done, data));
  GError* error = nullptr;
  GVariant* const answer = ask_person(call_of(self), G_DBUS_PROXY(prompt), type, &error);
  if (error != nullptr)
    g_task_return_error(task.get(), error);
  else
    g_task_return_pointer(task.get(), answer,
                          [](gpointer unused) { g_variant_unref(static_cast<GVariant*>(unused)); });
}

GVariant* end_dialog(SecretService* /*self*/, GAsyncResult* result, GError** error) {
  return static_cast<GVariant*>(g_task_propagate_pointer(G_TASK(result), error));
}

// In place of libsecret's own, which takes the connection that it shares with the host, and the service's
// name from the environment.
GObject* construct(GType type, guint count, GObjectConstructParam* properties) {
  auto* const proxy = static_cast<GObjectClass*>(g_type_class_peek_parent(plain_service));
  GObject* const object = proxy->constructor(type, count, properties);
  g_object_set(object, "g-name", service_name, "g-object-path", "/org/freedesktop/secrets",
               "g-interface-name", "org.freedesktop.Secret.Service", "g-flags",
               G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
               nullptr);
  g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(object), G_MAXINT);
  return object;
}

}  // namespace

GType service_type() {
  static const GType type = [] {
    GTypeQuery parent;
    g_type_query(SECRET_TYPE_SERVICE, &parent);
    // A host may hold two copies of this module: the name is this one's alone.
    const std::string name =
        "OauthTokenService" + std::to_string(reinterpret_cast<std::uintptr_t>(&plain_service));
    const auto set_up = [](gpointer its_class, gpointer /*data*/) {
      plain_service = static_cast<SecretServiceClass*>(g_type_class_peek_parent(its_class));
      G_OBJECT_CLASS(its_class)->constructor = construct;
      auto* const ours = static_cast<SecretServiceClass*>(its_class);
      ours->prompt_sync = show_dialog;
      ours->prompt_async = begin_dialog;
      ours->prompt_finish = end_dialog;
    };
    return g_type_register_static_simple(SECRET_TYPE_SERVICE, name.c_str(),
                                         static_cast<guint>(parent.class_size), set_up,
                                         static_cast<guint>(parent.instance_size), nullptr, G_TYPE_FLAG_NONE);
  }();
  return type;
}

void set_call(SecretService* service, Call* call) { g_object_set_data(G_OBJECT(service), call_key, call); }

}  // namespace oauth_token
