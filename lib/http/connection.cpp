#include "http/connection.hpp"

#include "base/registers.hpp"
#include "http/client_certificate.hpp"
#include "http/connection_diagnosis.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include <curl/curl.h>
#include <strings.h>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

struct EasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

// libcurl's own initialisation counts its users and is safe beside a host that did it, too.
Result<void> initialise() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) return fail(ErrorClass::internal, "libcurl cannot be initialised.");
  const auto* const info = curl_version_info(CURLVERSION_NOW);
  const std::string_view tls = info->ssl_version == nullptr ? "" : info->ssl_version;
  // 7.87 brought look-ups that can be left alone, 7.88 TLS that raises no SIGPIPE. Debian 12 has 7.88.1.
  if (info->version_num < 0x075800 || tls.find("OpenSSL") == std::string_view::npos)
    return fail(ErrorClass::internal,
                std::string("libcurl ") + info->version + " with " + std::string(tls) + " cannot be used.",
                "Install libcurl 7.88 or later, built with OpenSSL.");
  return {};
}

struct Share {
  CURLSH* handle = curl_share_init();
  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes = {};

  Share() {
    curl_share_setopt(handle, CURLSHOPT_USERDATA, this);
    curl_share_setopt(
        handle, CURLSHOPT_LOCKFUNC, +[](CURL*, curl_lock_data what, curl_lock_access, void* self) {
          static_cast<Share*>(self)->mutexes.at(what).lock();
        });
    curl_share_setopt(
        handle, CURLSHOPT_UNLOCKFUNC, +[](CURL*, curl_lock_data what, void* self) {
          static_cast<Share*>(self)->mutexes.at(what).unlock();
        });
    curl_share_setopt(handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() { curl_share_cleanup(handle); }
};

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

template <class Value>
Value info(CURL* easy, CURLINFO which) {
  Value value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

}  // namespace

Result<std::shared_ptr<const Network>> Network::open(const TransportOptions& options) {
  if (auto ready = initialise(); !ready) return fail(std::move(ready.error()));
  auto trust = Trust::choose(options);
  if (!trust) return fail(std::move(trust.error()));
  if (auto usable = check(options.client_certificate); !usable) return fail(std::move(usable.error()));
  const auto share = std::make_shared<Share>();
  return std::make_shared<const Network>(Network{.trust = std::move(*trust),
                                                 .routes = Routes(options),
                                                 .certificate = options.client_certificate,
                                                 .connect_timeout = options.connect_timeout,
                                                 .share = {share, share->handle}});
}

struct Connection::State {
  std::shared_ptr<const Network> network;
  Url url;
  Route route;
  Clock::time_point connect_deadline;
  TlsReport tls = {};
  std::array<char, CURL_ERROR_SIZE> text = {};
  std::unique_ptr<CURLM, MultiDeleter> multi = {};
  std::unique_ptr<CURL, EasyDeleter> easy = {};
  bool connected = false;
  bool in_handshake = false;
  bool answered = false;     // with a byte at least
  CURLcode last = CURLE_OK;  // of send or receive; CURLE_OK: closed by the other side

  void configure();
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy.get(), option, value);
  }
  template <class Value>
  Value info(CURLINFO which) const {
    Value value{};
    curl_easy_getinfo(easy.get(), which, &value);
    return value;
  }
  [[nodiscard]] Error explain(CURLcode code) const;
  Transfer transferred(CURLcode code, std::size_t count, bool may_close);
};

void Connection::State::configure() {
  set(CURLOPT_URL, (url.origin() + "/").c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs is left behind, not waited for
  set(CURLOPT_ERRORBUFFER, text.data());
  set(CURLOPT_SHARE, network->share.get());
  // So that libcurl leaves time for a second address where the first one stays silent.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(connect_deadline - Clock::now()).count();
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left, 1)));

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
        auto* const state = static_cast<State*>(self);
        state->in_handshake = true;
        state->network->trust->prepare(context, state->tls);
        if (is_of_server(context)) show(context, state->tls);
        return CURLE_OK;
      });
}

Error Connection::State::explain(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT)  // whoever watches the deadline says more
    return {.error_class = ErrorClass::timeout, .message = "No connection to " + url.origin() + " in time."};
  return http::explain({.code = code,
                        .text = text.data(),
                        .os_error = static_cast<int>(info<long>(CURLINFO_OS_ERRNO)),
                        .proxy_status = info<long>(CURLINFO_HTTP_CONNECTCODE),
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

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Connection>> Connection::start(std::shared_ptr<const Network> network, const Url& url,
                                                      Clock::time_point deadline) {
  auto route = network->routes.to(url);
  if (!route) return fail(std::move(route.error()));
  if (url.scheme == "https" || !route->proxy.empty())
    if (auto loaded = network->trust->load(); !loaded) return fail(std::move(loaded.error()));
  const auto connect_deadline = std::min(deadline, Clock::now() + network->connect_timeout);
  auto state = std::unique_ptr<State>(new State{.network = std::move(network),
                                                .url = url,
                                                .route = std::move(*route),
                                                .connect_deadline = connect_deadline});
  state->tls.own = state->network->certificate;
  state->multi.reset(curl_multi_init());
  state->easy.reset(curl_easy_init());
  if (!state->multi || !state->easy) return fail(ErrorClass::internal, "Out of memory.");
  state->configure();
  curl_multi_add_handle(state->multi.get(), state->easy.get());
  return std::unique_ptr<Connection>(new Connection(std::move(state)));
}

Connection::~Connection() {
  // While it closes, libcurl reads what came in the meantime onto its stack: that must not be half a token.
  std::array<char, 4096> rest{};
  for (int i = 0; state_->connected && state_->last == CURLE_OK && i < 64; ++i)
    if (receive(rest.data(), rest.size()).outcome != Transfer::Outcome::moved) break;
  explicit_bzero(rest.data(), rest.size());
  curl_multi_remove_handle(state_->multi.get(), state_->easy.get());
}

Result<bool> Connection::connect() {
  if (state_->connected) return true;
  int running = 0;
  if (const CURLMcode code = curl_multi_perform(state_->multi.get(), &running); code != CURLM_OK)
    return fail(ErrorClass::internal, std::string("libcurl failed: ") + curl_multi_strerror(code) + ".");
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(state_->multi.get(), &left);
  if (message == nullptr || message->msg != CURLMSG_DONE) return false;
  if (message->data.result != CURLE_OK) return fail(state_->explain(message->data.result));
  state_->connected = true;
  return true;
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
    socket.fd = state_->info<curl_socket_t>(CURLINFO_ACTIVESOCKET);
    socket.events = static_cast<short>(CURL_WAIT_POLLIN | (to_send ? CURL_WAIT_POLLOUT : 0));
  }
  constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
  const auto now = Clock::now();
  const auto left =
      until - now > longest ? longest : std::chrono::ceil<std::chrono::milliseconds>(until - now);
  curl_multi_poll(state_->multi.get(), &socket, state_->connected ? 1 : 0,
                  static_cast<int>(std::max<std::int64_t>(left.count(), 0)), nullptr);
}

void Connection::wake() noexcept { curl_multi_wakeup(state_->multi.get()); }

}  // namespace oauth_token::http
