#include "http/connection.hpp"

#include "base/registers.hpp"
#include "base/waiting.hpp"
#include "http/called_from_c.hpp"
#include "http/client_certificate.hpp"
#include "http/connection_diagnosis.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include <curl/curl.h>
#include <strings.h>
#include <sys/socket.h>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

struct EasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

/// As libcurl does, but known why it failed: it keeps no errno of socket(2).
curl_socket_t open_socket(void* error, curlsocktype, curl_sockaddr* address) {
  const int descriptor = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor == -1) *static_cast<int*>(error) = errno;
  return descriptor == -1 ? CURL_SOCKET_BAD : descriptor;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

struct Connection::State {
  std::shared_ptr<const Network> network;
  Url url;
  Route route;
  Clock::time_point connect_deadline;
  Watcher* watcher = nullptr;
  std::uint32_t mark = 0;
  TlsReport tls = {};
  std::array<char, CURL_ERROR_SIZE> text = {};
  std::unique_ptr<CURLM, MultiDeleter> multi = {};
  std::unique_ptr<CURL, EasyDeleter> easy = {};
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
  void configure();
  void report_to_watcher();
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

Connection::State::~State() {
  if (multi && easy) curl_multi_remove_handle(multi.get(), easy.get());
  easy.reset();
  multi.reset();
  if (watcher != nullptr) watcher->forget(mark);
}

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

CURLMcode Connection::State::perform() {
  int running = 0;
  if (watcher == nullptr) return curl_multi_perform(multi.get(), &running);
  const int events = std::exchange(ready_for, 0);
  return curl_multi_socket_action(multi.get(), std::exchange(ready, CURL_SOCKET_TIMEOUT), events, &running);
}

Error Connection::State::explain(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT)  // whoever watches the deadline says more
    return {.error_class = ErrorClass::timeout, .message = "No connection to " + url.origin() + " in time."};
  const int os_error = static_cast<int>(info<long>(CURLINFO_OS_ERRNO));
  return http::explain({.code = code,
                        .text = text.data(),
                        .os_error = os_error != 0 ? os_error : socket_error,
                        .proxy_status = info<long>(CURLINFO_HTTP_CONNECTCODE),
                        .port = info<long>(CURLINFO_PRIMARY_PORT),
                        .is_connected = connected,
                        .is_in_handshake = in_handshake && !connected,
                        .is_answered = answered},
                       url, route, *network->trust, tls);
}

Transfer Connection::State::transferred(CURLcode code, std::size_t count, bool may_close) {
  wipe_vector_registers();  // TLS has had the bytes in them; see Binding in base/module.hpp
  if (code == CURLE_OK && (count > 0 || !may_close))
    return {.outcome = count > 0 ? Transfer::Outcome::moved : Transfer::Outcome::again, .count = count};
  if (code == CURLE_AGAIN) return {};
  last = code;
  return {.outcome = code == CURLE_OK ? Transfer::Outcome::closed : Transfer::Outcome::broken};
}

Connection::Connection(State* state) : state_(state) {}

Result<std::unique_ptr<Connection>> Connection::start(std::shared_ptr<const Network> network, const Url& url,
                                                      Clock::time_point deadline, Watcher* watcher,
                                                      std::uint32_t mark) {
  auto route = network->routes.to(url);
  if (!route) return fail(std::move(route.error()));
  if (url.scheme == "https" || !route->proxy.empty())
    if (auto loaded = network->trust->load(); !loaded) return fail(std::move(loaded.error()));
  const auto connect_deadline = std::min(deadline, deadline_after(network->connect_timeout));
  auto connection = std::unique_ptr<Connection>(new Connection(new State{.network = std::move(network),
                                                                         .url = url,
                                                                         .route = std::move(*route),
                                                                         .connect_deadline = connect_deadline,
                                                                         .watcher = watcher,
                                                                         .mark = mark}));
  State& state = *connection->state_;
  state.tls.own = state.network->certificate;
  state.multi.reset(curl_multi_init());
  state.easy.reset(curl_easy_init());
  if (!state.multi || !state.easy) return fail(ErrorClass::internal, "Out of memory.");
  state.configure();
  if (watcher != nullptr) state.report_to_watcher();
  curl_multi_add_handle(state.multi.get(), state.easy.get());
  return connection;
}

Connection::~Connection() {
  // A forked child shares the socket, and what TLS counts on it: closing it is the parent's.
  if (!state_.get_deleter().process.is_this()) return;
  if (state_->watcher != nullptr && state_->connected)
    state_->watcher->watch(state_->mark, state_->socket, false, false);
  // While it closes, libcurl reads what came in the meantime onto its stack: that must not be half a token.
  std::array<char, 4096> rest{};
  for (int i = 0; state_->connected && state_->last == CURLE_OK && i < 64; ++i)
    if (receive(rest.data(), rest.size()).outcome != Transfer::Outcome::moved) break;
  explicit_bzero(rest.data(), rest.size());
}

Result<bool> Connection::connect() {
  if (state_->connected) return true;
  if (const CURLMcode code = state_->perform(); code != CURLM_OK)
    return fail(ErrorClass::internal, std::string("libcurl failed: ") + curl_multi_strerror(code) + ".");
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(state_->multi.get(), &left);
  if (message == nullptr || message->msg != CURLMSG_DONE) return false;
  if (message->data.result != CURLE_OK) return fail(state_->explain(message->data.result));
  state_->connected = true;
  state_->socket = state_->info<curl_socket_t>(CURLINFO_ACTIVESOCKET);
  if (state_->watcher != nullptr) state_->watcher->watch(state_->mark, state_->socket, true, false);
  return true;
}

std::uint32_t Connection::mark() const noexcept { return state_->mark; }

void Connection::is_ready(int descriptor, bool to_receive, bool to_send) noexcept {
  state_->ready = descriptor;
  state_->ready_for = (to_receive ? CURL_CSELECT_IN : 0) | (to_send ? CURL_CSELECT_OUT : 0);
}

void Connection::watch_sending(bool to_send) {
  if (!state_->connected || state_->to_send == to_send) return;
  state_->to_send = to_send;
  state_->watcher->watch(state_->mark, state_->socket, true, to_send);
}

void Connection::examine() noexcept { state_->tls.is_examined = true; }

ServerConnection Connection::describe() const {
  ServerConnection server;
  if (const auto* const address = state_->info<const char*>(CURLINFO_PRIMARY_IP)) server.address = address;
  const bool is_tunnel = state_->info<long>(CURLINFO_HTTP_CONNECTCODE) != 0;
  const bool is_socks = state_->route.proxy.starts_with("socks") && state_->route.no_proxy.empty();
  if (is_tunnel || is_socks) server.proxy = host_of_proxy(state_->route.proxy);
  http::describe(state_->tls, server);
  return server;
}

Transfer Connection::send(std::string_view bytes) {
  std::size_t count = 0;
  const CURLcode code = curl_easy_send(state_->easy.get(), bytes.data(), bytes.size(), &count);
  return state_->transferred(code, count, false);
}

Transfer Connection::receive(char* where, std::size_t size) {
  std::size_t count = 0;
  const CURLcode code = curl_easy_recv(state_->easy.get(), where, size, &count);
  state_->answered = state_->answered || count > 0;
  return state_->transferred(code, count, true);
}

Error Connection::failure() const { return state_->explain(state_->last); }

std::string_view Connection::stage() const {
  if (state_->in_handshake) return "during the TLS handshake";
  if (state_->info<curl_off_t>(CURLINFO_NAMELOOKUP_TIME_T) == 0) return "while looking up the name";
  return state_->route.proxy.empty() ? "while connecting" : "while connecting by way of the proxy";
}

Clock::time_point Connection::connect_deadline() const noexcept { return state_->connect_deadline; }

void Connection::wait(bool to_send, Clock::time_point until) {
  curl_waitfd socket{};
  if (state_->connected) {
    socket.fd = state_->socket;
    socket.events = static_cast<short>(CURL_WAIT_POLLIN | (to_send ? CURL_WAIT_POLLOUT : 0));
  }
  curl_multi_poll(state_->multi.get(), &socket, state_->connected ? 1 : 0, milliseconds_until(until),
                  nullptr);
}

void Connection::wake() noexcept { curl_multi_wakeup(state_->multi.get()); }

}  // namespace oauth_token::http
