#include "keyring/call.hpp"
#include "keyring/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/text.hpp>
#include <oauth_token/token_store.hpp>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
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

// The same, unlocked. A locked collection answers a search as if nothing were there: that is believed only of
// an open one.
Result<Items> find(Call& call, std::optional<std::string_view> id) {
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

Result<void> erase_items(Call& call, const Items& items, std::string_view all_but = {}) {
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
  GError* error = nullptr;
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

class KeyringStore final : public TokenStore {
 public:
  explicit KeyringStore(const KeyringOptions& options) : options_(options) {}

  Result<std::optional<Secret>> load(std::string_view id, std::stop_token stop) override {
    return run(std::move(stop), [&](Call& call) { return load_item(call, id); });
  }

  Result<void> save(const StoreItem& item, const Secret& value, std::stop_token stop) override {
    return run(std::move(stop), [&](Call& call) { return save_item(call, item, value); });
  }

  Result<void> erase(std::string_view id, std::stop_token stop) override {
    return run(std::move(stop), [&](Call& call) -> Result<void> {
      auto items = find(call, id);
      if (!items) return fail(std::move(items.error()));
      return erase_items(call, *items);
    });
  }

  Result<std::vector<std::string>> list(std::stop_token stop) override {
    return run(std::move(stop), [](Call& call) -> Result<std::vector<std::string>> {
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
    });
  }

  Result<void> probe(std::stop_token stop) override {
    return run(std::move(stop), [](Call& call) -> Result<void> {
      Object<SecretCollection> collection;
      auto was_locked = unlock_default_collection(call, collection, Missing::create);
      if (!was_locked) return fail(std::move(was_locked.error()));
      return {};
    });
  }

 private:
  std::unique_ptr<Connection> take_kept() {
    const std::lock_guard lock(mutex_);
    return std::move(kept_);
  }

  void keep(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    kept_ = std::move(connection);
  }

  // What fails on a connection that was kept, or since the provider was killed in the middle, is asked once
  // more: another provider may be there by now, and every call may be repeated without harm.
  template <class Work>
  std::invoke_result_t<Work, Call&> run(std::stop_token stop, Work work) {
    Call call(options_, std::move(stop), take_kept());
    const auto attempt = [&]() -> std::invoke_result_t<Work, Call&> {
      if (auto connected = call.connect(); !connected) return fail(std::move(connected.error()));
      return work(call);
    };
    auto result = attempt();
    if (!result && call.lost) {
      call.drop_connection();
      result = attempt();
    }
    if (result) keep(call.take_connection());
    return result;
  }

  const KeyringOptions options_;
  std::mutex mutex_;
  std::unique_ptr<Connection> kept_;
};

}  // namespace
}  // namespace oauth_token

const oauth_token::KeyringModule* oauth_token_keyring_module() {
  using namespace oauth_token;
  static const KeyringModule module{.version = OAUTH_TOKEN_VERSION,
                                    .open = [](const KeyringOptions& options) -> std::shared_ptr<TokenStore> {
                                      return std::make_shared<KeyringStore>(options);
                                    }};
  return &module;
}
