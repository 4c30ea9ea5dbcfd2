#pragma once

#include <oauth_token/http.hpp>

#include <cstring>
#include <vector>

namespace oauth_token {

/// Of a response: a server that redirects, say, may have put the request's secrets there.
inline void wipe(std::vector<HttpHeader>& headers) noexcept {
  for (HttpHeader& header : headers) {
    ::explicit_bzero(header.name.data(), header.name.size());
    ::explicit_bzero(header.value.data(), header.value.size());
  }
  headers.clear();
}

}  // namespace oauth_token
