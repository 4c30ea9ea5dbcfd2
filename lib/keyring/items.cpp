#include "keyring/items.hpp"

#include <oauth_token/secret.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

constexpr std::string_view schema = "oauth-token.Secret";
using Items = std::vector<Object<SecretItem>>;

Result<void> unlock(Call& call, gpointer object) {
  GList objects{.data = object, .next = nullptr, .prev = nullptr};
  GError* error = nullptr;
  const gint count =
      secret_service_unlock_sync(call.service(), &objects, call.cancellable.get(), nullptr, &error);
  if (error != nullptr) return failed(call, error);
  if (count < 1) return locked(call);
  return {};
}

enum class Missing { fail, create };

// Whether it was locked; it is not any more. A person may be asked for the password of a new one, if there is
// none and something is to be saved.
Result<bool> unlock_default_collection(Call& call, Object<SecretCollection>& collection, Missing missing) {
  GError* error = nullptr;
  collection.reset(secret_collection_for_alias_sync(call.service(), SECRET_COLLECTION_DEFAULT,
                                                    SECRET_COLLECTION_NONE, call.cancellable.get(), &error));
  if (!collection && error == nullptr && missing == Missing::create && call.options.may_prompt)
    collection.reset(secret_collection_create_sync(call.service(), "Default", SECRET_COLLECTION_DEFAULT,
                                                   SECRET_COLLECTION_CREATE_NONE, call.cancellable.get(),
                                                   &error));
  if (error != nullptr) return failed(call, error);
  if (!collection) return no_collection();
  if (secret_collection_get_locked(collection.get()) == FALSE) return false;
  if (auto unlocked = unlock(call, collection.get()); !unlocked) return fail(std::move(unlocked.error()));
  return true;
}

using Attributes = std::unique_ptr<GHashTable, decltype(&g_hash_table_unref)>;

Attributes attributes(std::initializer_list<std::pair<const char*, std::string_view>> pairs) {
  Attributes table(g_hash_table_new_full(g_str_hash, g_str_equal, nullptr, g_free), g_hash_table_unref);
  for (const auto& [name, value] : pairs)
    g_hash_table_insert(table.get(), const_cast<char*>(name), g_strdup(escape_for_terminal(value).c_str()));
  return table;
}

// Of our items the ones with that id; all of them without one.
Result<Items> search(Call& call, std::optional<std::string_view> id) {
  const Attributes wanted = !id ? attributes({{"xdg:schema", schema}})
                                : attributes({{"xdg:schema", schema}, {"oauth-token.id", *id}});
  GError* error = nullptr;
  GList* const found = secret_service_search_sync(call.service(), nullptr, wanted.get(), SECRET_SEARCH_ALL,
                                                  call.cancellable.get(), &error);
  if (error != nullptr) return failed(call, error);
  Items items;
  for (GList* each = found; each != nullptr; each = each->next) items.emplace_back(SECRET_ITEM(each->data));
  g_list_free(found);
  return items;
}

// One question to the service; false also where there is no answer, since others will fail then.
bool default_collection_is_locked(Call& call) {
  GVariant* const answer = g_dbus_connection_call_sync(
      g_dbus_proxy_get_connection(G_DBUS_PROXY(call.service())), service_name,
      "/org/freedesktop/secrets/aliases/default", "org.freedesktop.DBus.Properties", "Get",
      g_variant_new("(ss)", "org.freedesktop.Secret.Collection", "Locked"), G_VARIANT_TYPE("(v)"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, call.cancellable.get(), nullptr);
  if (answer == nullptr) return false;
  GVariant* value = nullptr;
  g_variant_get(answer, "(v)", &value);
  const bool locked =
      g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) != FALSE && g_variant_get_boolean(value) != FALSE;
  g_variant_unref(value);
  g_variant_unref(answer);
  return locked;
}

// The same, unlocked. A locked collection answers a search as if nothing were there: that is believed only of
// an open one. KeePassXC answers it with a dialog, to nobody perhaps, so that is not even asked.
Result<Items> find(Call& call, std::optional<std::string_view> id) {
  if (default_collection_is_locked(call)) {
    Object<SecretCollection> collection;
    if (auto done = unlock_default_collection(call, collection, Missing::fail); !done)
      return fail(std::move(done.error()));
  }
  auto items = search(call, id);
  if (items && items->empty()) {
    Object<SecretCollection> collection;
    auto was_locked = unlock_default_collection(call, collection, Missing::fail);
    if (!was_locked) return fail(std::move(was_locked.error()));
    if (*was_locked) items = search(call, id);
  }
  if (!items) return items;
  for (const auto& item : *items)
    if (secret_item_get_locked(item.get()) != FALSE)
      if (auto unlocked = unlock(call, item.get()); !unlocked) return fail(std::move(unlocked.error()));
  return items;
}

// Of an open keyring.
Result<void> erase_items(Call& call, const Items& items, std::string_view all_but = {}) {
  call.is_open = true;
  for (const auto& item : items) {
    if (g_dbus_proxy_get_object_path(G_DBUS_PROXY(item.get())) == all_but) continue;
    GError* error = nullptr;
    if (secret_item_delete_sync(item.get(), call.cancellable.get(), &error) != FALSE) continue;
    if (error == nullptr) return locked(call);
    return failed(call, error);
  }
  return {};
}

std::string label(const StoreItem& item) {
  std::string text = "oauth-token: " + (item.name.empty() ? item.id : item.name);
  if (!item.username.empty() || !item.issuer.empty())
    text += " (" + item.username + (item.username.empty() || item.issuer.empty() ? "" : " at ") +
            item.issuer + ")";
  return escape_for_terminal(text);
}

// One that can be written over as it is: unlocked, and no name has changed. KeePassXC adds attributes.
SecretItem* same_item(const Items& items, GHashTable* wanted) {
  for (const auto& item : items) {
    const Attributes its(secret_item_get_attributes(item.get()), g_hash_table_unref);
    GHashTableIter each;
    gpointer name = nullptr;
    gpointer value = nullptr;
    bool is_same = secret_item_get_locked(item.get()) == FALSE;
    g_hash_table_iter_init(&each, wanted);
    while (is_same && g_hash_table_iter_next(&each, &name, &value) != FALSE)
      is_same = g_strcmp0(static_cast<const char*>(g_hash_table_lookup(its.get(), name)),
                          static_cast<const char*>(value)) == 0;
    if (is_same) return item.get();
  }
  return nullptr;
}

}  // namespace

Result<std::optional<Secret>> load_item(Call& call, std::string_view id) {
  auto items = find(call, id);
  if (!items) return fail(std::move(items.error()));
  if (items->empty()) return std::nullopt;
  const auto newest = std::max_element(items->begin(), items->end(), [](const auto& a, const auto& b) {
    return secret_item_get_modified(a.get()) < secret_item_get_modified(b.get());
  });
  GError* error = nullptr;
  if (secret_item_load_secret_sync(newest->get(), call.cancellable.get(), &error) == FALSE)
    return failed(call, error);
  SecretValue* const value = secret_item_get_secret(newest->get());
  if (value == nullptr) return refuse("damaged", "The keyring has the item, but not its secret.");
  gsize size = 0;
  const gchar* const text = secret_value_get(value, &size);
  Secret secret(std::string_view(text, size));
  // libsecret's own memory is wiped only as long as the system let it lock some.
  ::explicit_bzero(const_cast<gchar*>(text), size);
  secret_value_unref(value);
  return secret;
}

Result<void> save_item(Call& call, const StoreItem& item, const Secret& secret) {
  Object<SecretCollection> collection;
  if (auto was_locked = unlock_default_collection(call, collection, Missing::create); !was_locked)
    return fail(std::move(was_locked.error()));
  const std::string_view text = secret.expose();
  const std::unique_ptr<SecretValue, decltype(&secret_value_unref)> value(
      secret_value_new_full(const_cast<gchar*>(text.empty() ? "" : text.data()),
                            static_cast<gssize>(text.size()),
                            is_utf8(text) ? "text/plain" : "application/octet-stream", nullptr),
      [](gpointer shared) { secret_value_unref(shared); });
  // Always the same full set: gnome-keyring takes an item that has all of these, and more, for the same one.
  const Attributes all = attributes({{"xdg:schema", schema},
                                     {"oauth-token.id", item.id},
                                     {"oauth-token.name", item.name},
                                     {"oauth-token.issuer", item.issuer},
                                     {"oauth-token.client_id", item.client_id},
                                     {"oauth-token.username", item.username}});
  call.is_open = true;
  auto before = search(call, item.id);
  if (!before) return fail(std::move(before.error()));
  GError* error = nullptr;
  // KeePassXC 2.7.4 asks a person before it replaces what another run has made, whatever its settings say.
  if (SecretItem* const same = same_item(*before, all.get()); same != nullptr) {
    if (secret_item_set_secret_sync(same, value.get(), call.cancellable.get(), &error) == FALSE)
      return failed(call, error);
    return erase_items(call, *before, g_dbus_proxy_get_object_path(G_DBUS_PROXY(same)));
  }
  const Object<SecretItem> created(
      secret_item_create_sync(collection.get(), nullptr, all.get(), label(item).c_str(), value.get(),
                              SECRET_ITEM_CREATE_REPLACE, call.cancellable.get(), &error));
  if (!created && error == nullptr) return locked(call);
  if (!created) return failed(call, error);
  // What was saved under this id with another name or user is the same item.
  auto same = search(call, item.id);
  if (!same) return fail(std::move(same.error()));
  return erase_items(call, *same, g_dbus_proxy_get_object_path(G_DBUS_PROXY(created.get())));
}

Result<void> erase_item(Call& call, std::string_view id) {
  auto items = find(call, id);
  if (!items) return fail(std::move(items.error()));
  return erase_items(call, *items);
}

Result<std::vector<std::string>> list_items(Call& call) {
  auto items = find(call, std::nullopt);
  if (!items) return fail(std::move(items.error()));
  std::vector<std::string> ids;
  for (const auto& item : *items) {
    const Attributes its(secret_item_get_attributes(item.get()), g_hash_table_unref);
    if (const auto* const id = static_cast<const char*>(g_hash_table_lookup(its.get(), "oauth-token.id")))
      ids.emplace_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<void> open_default_collection(Call& call) {
  Object<SecretCollection> collection;
  auto was_locked = unlock_default_collection(call, collection, Missing::create);
  if (!was_locked) return fail(std::move(was_locked.error()));
  return {};
}

}  // namespace oauth_token
