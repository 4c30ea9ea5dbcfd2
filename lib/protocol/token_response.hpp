#pragma once

#include "protocol/token_request.hpp"

#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>

#include <chrono>

namespace oauth_token::protocol {

/// How the answer is to be taken.
struct Reading {
  std::chrono::sys_seconds now = {};
  bool lenient = false;
  DpopUse dpop = DpopUse::none;
};

/// RFC 6749 s5. The token, or what the answer says instead. An error in the body counts before the status,
/// the status before a body that says neither. `client` and `grant` are those of the request.
Result<Token> token_response(const ClientRequest& client, const Grant& grant, HttpResponse response,
                             const Reading& reading);

/// The refresh token in a 2xx answer without an error, however much else is wrong with it; empty if none.
Secret issued_refresh_token(HttpResponse response, const Reading& reading);

/// RFC 7662 s2.2: the whole object, with a boolean `active`.
Result<Secret> introspection_response(const ClientRequest& client, const TokenQuery& query,
                                      HttpResponse response, const Reading& reading);

/// RFC 7009 s2.2: 200 with an empty or JSON body.
Result<void> revocation_response(const ClientRequest& client, const TokenQuery& query, HttpResponse response,
                                 const Reading& reading);

}  // namespace oauth_token::protocol
