#include "http/called_from_c.hpp"
#include "http/client_certificate.hpp"
#include "http/connection_state.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include <sys/socket.h>

// What libcurl is told of a connection before it begins.

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

/// As libcurl does, but known why it failed: it keeps no errno of socket(2).
curl_socket_t open_socket(void* error, curlsocktype, curl_sockaddr* address) {
  const int descriptor = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor == -1) *static_cast<int*>(error) = errno;
  return descriptor == -1 ? CURL_SOCKET_BAD : descriptor;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

void Connection::State::configure() {
  set(CURLOPT_URL, (url.origin() + "/").c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs is left behind, not waited for
  set(CURLOPT_ERRORBUFFER, text.data());
  set(CURLOPT_OPENSOCKETDATA, &socket_error);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_SHARE, network->share.get());
  // So that libcurl leaves time for a second address where the first one stays silent.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(connect_deadline - Clock::now()).count();
  constexpr std::int64_t longest = std::numeric_limits<int>::max();  // all that some of its versions hold
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(left, 1, longest)));

  set(CURLOPT_PROXY, route.proxy.c_str());
  set(CURLOPT_NOPROXY, route.no_proxy.c_str());
  set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_WRITEFUNCTION, &discard);
  set(CURLOPT_USERAGENT, std::string(user_agent()).c_str());

  const long verify = network->trust->verifies() ? 1 : 0;
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // and so in ALPN
  for (const CURLoption option : {CURLOPT_SSLVERSION, CURLOPT_PROXY_SSLVERSION})
    set(option, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  for (const CURLoption option : {CURLOPT_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYPEER}) set(option, verify);
  for (const CURLoption option : {CURLOPT_SSL_VERIFYHOST, CURLOPT_PROXY_SSL_VERIFYHOST})
    set(option, 2 * verify);
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
    set(option, static_cast<const char*>(nullptr));
  // Both contexts come to one function: this option, without a meaning since TLS 1.1, tells the server's.
  set(CURLOPT_SSL_OPTIONS, static_cast<long>(CURLSSLOPT_ALLOW_BEAST));
  set(CURLOPT_SSL_CTX_DATA, this);
  set(
      CURLOPT_SSL_CTX_FUNCTION, +[](CURL*, void* context, void* self) {
        return called_from_c(CURLE_OUT_OF_MEMORY, [context, state = static_cast<State*>(self)] {
          state->in_handshake = true;
          state->network->trust->prepare(context, state->tls);
          if (is_of_server(context)) show(context, state->tls);
          return CURLE_OK;
        });
      });
}

void Connection::State::report_to_watcher() {
  const auto setting = [this](CURLMoption option, auto value) {
    curl_multi_setopt(multi.get(), option, value);
  };
  setting(CURLMOPT_SOCKETDATA, this);
  setting(
      CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t descriptor, int what, void* data, void*) {
        return called_from_c(-1, [descriptor, what, self = static_cast<const State*>(data)] {
          self->watcher->watch(self->mark, descriptor, (what & CURL_POLL_IN) != 0,
                               (what & CURL_POLL_OUT) != 0);
          return 0;
        });
      });
  setting(CURLMOPT_TIMERDATA, this);
  setting(
      CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* data) {
        const auto* const self = static_cast<State*>(data);
        self->watcher->call_at(self->mark, milliseconds < 0
                                               ? Clock::time_point::max()
                                               : Clock::now() + std::chrono::milliseconds(milliseconds));
        return 0;
      });
}

}  // namespace oauth_token::http
