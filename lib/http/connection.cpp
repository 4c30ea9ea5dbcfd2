#include "http/connection.hpp"

#include "base/registers.hpp"
#include "base/waiting.hpp"
#include "http/connection_diagnosis.hpp"
#include "http/connection_state.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace oauth_token::http {

using Clock = std::chrono::steady_clock;

// When an address has failed, libcurl 7.88 goes on to the next one only when it is called again, and has
// nothing to wait for until then but half of the time that there is for connecting.
constexpr std::chrono::milliseconds until_next_address{100};

Connection::State::~State() {
  if (watcher != nullptr) {
    // libcurl tells of an unfinished attempt's socket when it has closed it, and it may be another thread's
    // by then.
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, nullptr);
    watcher->forget(mark);
  }
  if (multi && easy) curl_multi_remove_handle(multi.get(), easy.get());
  easy.reset();
  multi.reset();
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
  if (!state_->connected) until = std::min(until, Clock::now() + until_next_address);
  curl_multi_poll(state_->multi.get(), &socket, state_->connected ? 1 : 0, milliseconds_until(until),
                  nullptr);
}

void Connection::wake() noexcept { curl_multi_wakeup(state_->multi.get()); }

}  // namespace oauth_token::http
