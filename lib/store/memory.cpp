#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_store.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {
namespace {

class MemoryStore final : public TokenStore {
 public:
  Result<std::optional<Secret>> load(std::string_view id, std::stop_token /*stop*/) override {
    const std::lock_guard lock(mutex_);
    const auto found = items_.find(id);
    if (found == items_.end()) return std::nullopt;
    return found->second.copy();
  }

  Result<void> save(const StoreItem& item, const Secret& value, std::stop_token /*stop*/) override {
    const std::lock_guard lock(mutex_);
    items_.insert_or_assign(item.id, value.copy());
    return {};
  }

  Result<void> erase(std::string_view id, std::stop_token /*stop*/) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = items_.find(id); found != items_.end()) items_.erase(found);
    return {};
  }

  Result<std::vector<std::string>> list(std::stop_token /*stop*/) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, value] : items_) ids.push_back(id);
    return ids;
  }

  Result<void> probe(std::stop_token /*stop*/) override { return {}; }

 private:
  std::mutex mutex_;
  std::map<std::string, Secret, std::less<>> items_;
};

}  // namespace

std::shared_ptr<TokenStore> make_memory_store() { return std::make_shared<MemoryStore>(); }

}  // namespace oauth_token
