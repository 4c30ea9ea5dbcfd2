#include "base/module.hpp"
#include "base/secret_pages.hpp"
#include "http/loop.hpp"
#include "http/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string_view>
#include <utility>

namespace oauth_token {

namespace {

const Result<const HttpModule*>& module() {
  static const Result<const HttpModule*> loaded = [] {
    auto found = load_module<HttpModule>("http", Binding::late);
    if (found) hand_secret_pages_on_to((*found)->keep_secret_page);
    return found;
  }();
  return loaded;
}

}  // namespace

Result<Transport> make_transport(const TransportOptions& options) {
  if (!module()) return fail(module().error());
  return (*module())->make_transport(options);
}

Result<Url> parse_url(std::string_view text) {
  if (!module()) return fail(module().error());
  return (*module())->parse_url(text);
}

Result<ServerConnection> examine_server(const TransportOptions& options, std::string_view url,
                                        std::chrono::steady_clock::time_point deadline,
                                        std::stop_token stop) {
  if (!module()) return fail(module().error());
  return (*module())->examine_server(options, url, deadline, std::move(stop));
}

Result<std::shared_ptr<http::Loop>> http::make_loop() {
  if (!module()) return fail(module().error());
  return (*module())->make_loop();
}

}  // namespace oauth_token
