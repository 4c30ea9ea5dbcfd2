#include "keyring/call.hpp"
#include "keyring/items.hpp"
#include "keyring/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_store.hpp>

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
    return run(std::move(stop), [&](Call& call) { return erase_item(call, id); });
  }

  Result<std::vector<std::string>> list(std::stop_token stop) override {
    return run(std::move(stop), list_items);
  }

  Result<void> probe(std::stop_token stop) override { return run(std::move(stop), open_default_collection); }

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
      call.is_open = false;
      if (auto connected = call.connect(); !connected) return fail(std::move(connected.error()));
      return work(call);
    };
    auto result = attempt();
    if (!result && call.lost) {
      call.drop_connection();
      result = attempt();
    }
    if (result)
      keep(call.take_connection());
    else if (result.error().error_class == ErrorClass::store)
      result.error().hint += std::string(result.error().hint.empty() ? "" : " ") +
                             "Where no keyring can be had, " + options_.instead + ".";
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
  static const KeyringModule module{.version = OAUTH_TOKEN_INTERFACE,
                                    .open = [](const KeyringOptions& options) -> std::shared_ptr<TokenStore> {
                                      return std::make_shared<KeyringStore>(options);
                                    }};
  return &module;
}
