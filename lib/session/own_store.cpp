#include "session/own_store.hpp"

#include "base/guarded.hpp"

#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

class GuardedStore final : public TokenStore {
 public:
  explicit GuardedStore(std::shared_ptr<TokenStore> own) : own_(std::move(own)) {}

  Result<std::optional<Secret>> load(std::string_view id, std::stop_token stop) override {
    return ask([&] { return own_->load(id, std::move(stop)); });
  }
  Result<void> save(const StoreItem& item, const Secret& value, std::stop_token stop) override {
    return ask([&] { return own_->save(item, value, std::move(stop)); });
  }
  Result<void> erase(std::string_view id, std::stop_token stop) override {
    return ask([&] { return own_->erase(id, std::move(stop)); });
  }
  Result<std::vector<std::string>> list(std::stop_token stop) override {
    return ask([&] { return own_->list(std::move(stop)); });
  }
  Result<void> probe(std::stop_token stop) override {
    return ask([&] { return own_->probe(std::move(stop)); });
  }

 private:
  template <class Question>
  static auto ask(const Question& question) -> decltype(question()) try {
    return question();
  } catch (...) {
    return fail(thrown_by("own store", std::current_exception(), ErrorClass::store));
  }

  const std::shared_ptr<TokenStore> own_;
};

}  // namespace

std::shared_ptr<TokenStore> guarded_store(std::shared_ptr<TokenStore> own) {
  return std::make_shared<GuardedStore>(std::move(own));
}

}  // namespace oauth_token
