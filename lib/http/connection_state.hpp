#pragma once

#include "http/connection.hpp"
#include "http/curl.hpp"
#include "http/network.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace oauth_token::http {

/// What a connection holds: libcurl's handles, and what is known of how far it has come.
struct Connection::State {
  std::shared_ptr<const Network> network;
  Url url;
  Route route;
  std::chrono::steady_clock::time_point connect_deadline;
  Watcher* watcher = nullptr;
  std::uint32_t mark = 0;
  TlsReport tls = {};
  std::array<char, CURL_ERROR_SIZE> text = {};
  MultiHandle multi = {};
  EasyHandle easy = {};
  int socket_error = 0;  // why there was none
  bool connected = false;
  bool in_handshake = false;
  bool answered = false;                   // with a byte at least
  CURLcode last = CURLE_OK;                // of send or receive; CURLE_OK: closed by the other side
  curl_socket_t socket = CURL_SOCKET_BAD;  // once connected
  bool to_send = false;                    // what `socket` is watched for
  curl_socket_t ready = CURL_SOCKET_TIMEOUT;
  int ready_for = 0;

  ~State();
  void configure();          // both before anything begins
  void report_to_watcher();  // for one that has a watcher
  CURLMcode perform();
  void set(CURLoption option, auto value) { curl_easy_setopt(easy.get(), option, value); }
  template <class Value>
  Value info(CURLINFO which) const {
    Value value{};
    curl_easy_getinfo(easy.get(), which, &value);
    return value;
  }
  [[nodiscard]] Error explain(CURLcode code) const;
  Transfer transferred(CURLcode code, std::size_t count, bool may_close);
};

}  // namespace oauth_token::http
