#pragma once

#include <memory>

#include <curl/curl.h>

namespace oauth_token::http {

template <auto function>
struct CurlFree {
  void operator()(auto* handle) const noexcept { function(handle); }
};

using EasyHandle = std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, CurlFree<curl_multi_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, CurlFree<curl_url_cleanup>>;

}  // namespace oauth_token::http
