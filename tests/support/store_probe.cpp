// Drives a store from Python: one JSON object a line on standard input, one answer a line on standard output.
// With "file" the secret value is read from a file, so that it comes into no JSON text of this process.

#include "probe.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/token_store.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

using namespace oauth_token;
using nlohmann::json;

namespace {

json done(const Result<void>& result) { return result ? json{{"done", true}} : failure(result.error()); }

Result<Secret> value_of(const json& request) {
  if (request.contains("file")) return read_secret_file(member(request, "file"));
  return Secret(member(request, "value"));
}

json load(TokenStore& store, const json& request, const std::stop_token& stop) {
  auto loaded = store.load(member(request, "id"), stop);
  if (!loaded) return failure(loaded.error());
  if (!*loaded) return {{"value", nullptr}};
  if (!request.contains("file")) return {{"value", std::string((*loaded)->expose())}};
  const auto expected = value_of(request);
  return {{"equal", expected && **loaded == *expected}};
}

json save(TokenStore& store, const json& request, const std::stop_token& stop) {
  const auto value = value_of(request);
  if (!value) return failure(value.error());
  return done(store.save({.id = member(request, "id"),
                          .generation = request.value("generation", std::uint64_t{0}),
                          .name = member(request, "name"),
                          .issuer = member(request, "issuer"),
                          .client_id = member(request, "client_id"),
                          .username = member(request, "username")},
                         *value, stop));
}

json answer(TokenStore& store, const json& request) {
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::jthread stopper;
  if (const int after = request.value("stop_after_ms", -1); after >= 0)
    stopper = std::jthread([after, &source] {
      std::this_thread::sleep_for(std::chrono::milliseconds(after));
      source.request_stop();
    });
  const std::string verb = member(request, "verb");
  if (verb == "load") return load(store, request, stop);
  if (verb == "save") return save(store, request, stop);
  if (verb == "erase") return done(store.erase(member(request, "id"), stop));
  if (verb == "probe") return done(store.probe(stop));
  if (verb == "list") {
    auto ids = store.list(stop);
    return ids ? json{{"ids", *ids}} : failure(ids.error());
  }
  return {{"unknown verb", verb}};
}

Result<std::shared_ptr<TokenStore>> open_keyring(const json& options) {
  return open_keyring_store({.timeout = std::chrono::milliseconds(options.value("timeout_ms", 5000)),
                             .may_prompt = options.value("may_prompt", false)});
}

Result<std::shared_ptr<TokenStore>> open_file(const json& options) {
  return open_file_store({.folder = member(options, "folder"),
                          .key_file = member(options, "key_file"),
                          .allow_plaintext = options.value("allow_plaintext", false)});
}

}  // namespace

int main(int count, char** arguments) {
  const json options = json::parse(count > 1 ? arguments[1] : "{}");
  auto store = options.contains("folder") ? open_file(options) : open_keyring(options);
  if (!store) {
    std::cout << failure(store.error()).dump() << std::endl;
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(**store, json::parse(line)).dump(-1, ' ', false, json::error_handler_t::replace)
              << std::endl;
  return 0;
}
