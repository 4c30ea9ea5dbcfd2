#include "base/module.hpp"
#include "http/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <string_view>

namespace oauth_token {

namespace {

const Result<const HttpModule*>& module() {
  static const Result<const HttpModule*> loaded = load_module<HttpModule>("http", Binding::late);
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

}  // namespace oauth_token
