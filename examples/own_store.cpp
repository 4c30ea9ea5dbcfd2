// An application's own store: here a map, in yours a database or a hardware token.
//   printf %s "$PASSWORD" | ./own_store ISSUER CLIENT_ID USERNAME STATE_FOLDER [CA_FILE]
#include <oauth_token/secret_source.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_source.hpp>

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <unistd.h>

using namespace oauth_token;

class MapStore : public TokenStore {
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
    items_.erase(std::string(id));
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

static int report(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.message.c_str(), error.hint.c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: own_store ISSUER CLIENT_ID USERNAME STATE_FOLDER [CA_FILE] <PASSWORD\n");
    return 2;
  }
  const auto options = [&, store = std::make_shared<MapStore>()] {
    SessionOptions made;
    made.state_folder = argv[4];
    made.store = store;
    return made;
  };
  SessionRecord wanted;
  wanted.name = "example";
  wanted.client.issuer = argv[1];
  wanted.client.client_id = argv[2];
  wanted.username = argv[3];
  wanted.scope = {"read"};
  if (argc > 5) wanted.client.ca_file = argv[5];

  auto sign_in = SignIn::prepare(wanted, /*replace=*/true, options());
  if (!sign_in) return report(sign_in.error());
  auto password = read_secret_descriptor(STDIN_FILENO);
  if (!password) return report(password.error());
  auto token = sign_in->request(
      PasswordGrant{.username = wanted.username, .password = std::move(*password), .scope = wanted.scope});
  if (!token) return report(token.error());

  TokenSource source{Session::open("example", options())};
  auto valid = source.token();
  if (!valid) return report(valid.error());
  std::printf("a %s token of %zu bytes\n", valid->token_type.c_str(), valid->access_token.size());
  return 0;
}
