// The body of a token request, built by the library and through curl_easy_escape, each into a buffer that is
// there already.
#pragma once

#include "protocol/form.hpp"

#include <oauth_token/secret.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>

inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> form_fields{
    {{"username", "alice@example.com"},
     {"password", "correct horse battery staple"},
     {"scope", "openid read"}}};

inline void form_by_library(oauth_token::SecretBuffer& body) {
  body.truncate(0);
  for (const auto& [name, value] : form_fields) oauth_token::protocol::append_form_pair(body, name, value);
}

inline void form_by_libcurl(CURL* easy, std::string& body) {
  body.clear();
  for (const auto& [name, value] : form_fields) {
    if (!body.empty()) body += '&';
    for (const std::string_view text : {name, value}) {
      char* const escaped = curl_easy_escape(easy, text.data(), static_cast<int>(text.size()));
      body += escaped;
      if (text.data() == name.data()) body += '=';
      curl_free(escaped);
    }
  }
}
