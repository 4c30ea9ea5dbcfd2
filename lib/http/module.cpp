#include "http/module.hpp"

#include "base/secret_pages.hpp"
#include "http/examination.hpp"
#include "http/transport.hpp"
#include "http/url.hpp"

extern "C" __attribute__((visibility("default"))) const oauth_token::HttpModule* oauth_token_http_module() {
  static constexpr oauth_token::HttpModule module{.version = OAUTH_TOKEN_INTERFACE,
                                                  .make_transport = oauth_token::http::make_transport,
                                                  .parse_url = oauth_token::http::parse_url,
                                                  .examine_server = oauth_token::http::examine_server,
                                                  .make_loop = oauth_token::http::make_loop,
                                                  .keep_secret_page = oauth_token::keep_secret_page};
  return &module;
}
