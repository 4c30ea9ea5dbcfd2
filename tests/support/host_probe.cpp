// An application that has libcurl, OpenSSL, signal handlers, threads and children of its own, and the library
// beside them. Arguments: "before", "after" or "never" (when it calls curl_global_init), the URL and the CA
// file. Prints "sent" once a child has come and gone and the parent has gone on, waits for a line, and prints
// what the library changed that is not its own: nothing.

#include <oauth_token/token_client.hpp>

#include <array>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace oauth_token;

void handle(int) {}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// What a library must leave as it is.
struct Surroundings {
  std::array<struct sigaction, 65> handlers = {};
  sigset_t mask = {};
  std::string locale = {};

  Surroundings() {
    for (int number = 1; number < 65; ++number)
      (void)::sigaction(number, nullptr, &handlers.at(static_cast<std::size_t>(number)));
    (void)::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    locale = std::setlocale(LC_ALL, nullptr);  // NOLINT(concurrency-mt-unsafe): asked in the main thread
  }

  [[nodiscard]] std::string what_differs(const Surroundings& now) const {
    for (std::size_t i = 1; i < handlers.size(); ++i)
      if (handlers.at(i).sa_handler != now.handlers.at(i).sa_handler) return "signal " + std::to_string(i);
    for (int number = 1; number < 65; ++number)
      if (sigismember(&mask, number) != sigismember(&now.mask, number)) return "the signal mask";
    if (locale != now.locale) return "the locale";
    return ERR_peek_error() == 0 ? "nothing" : "OpenSSL's error queue";
  }
};

struct Host {
  std::string url;
  std::string ca_file;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());

  Host(std::string to, std::string trusting) : url(std::move(to)), ca_file(std::move(trusting)) {
    SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { SSL_CTX_free(context); }

  [[nodiscard]] bool curl_works() const {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    return code == CURLE_OK;
  }

  [[nodiscard]] bool openssl_works() const {
    const auto begin = url.find("//") + 2;
    const std::string address = url.substr(begin, url.find('/', begin) - begin);
    BIO* const connection = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(connection, address.c_str());
    const bool works = BIO_do_connect(connection) == 1 && BIO_do_handshake(connection) == 1;
    BIO_free_all(connection);
    return works;
  }

  [[nodiscard]] TokenClient client() const {
    return TokenClient({.token_endpoint = url,
                        .authentication = NoAuthentication{"app"},
                        .transport_options = {.ca_file = ca_file, .proxy = ""}});
  }
};

Grant password() { return PasswordGrant{.username = "alice", .password = Secret("pw")}; }

Result<Token> request_async(const TokenClient& client) {
  std::promise<Result<Token>> promise;
  client.request_async(password(), {}, [&](Result<Token> token) { promise.set_value(std::move(token)); });
  return promise.get_future().get();
}

std::optional<ErrorClass> get(const Host& host, const Transport& transport) {
  const auto answer = transport({.method = "GET", .url = host.url, .sensitive = false}, {});
  return answer ? std::nullopt : std::optional(answer.error().error_class);
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::cout << "wrong: " << what << std::endl;
  std::_Exit(1);
}

// The host's threads use both libraries while the client has requests under way.
void all_at_once(const Host& host, const TokenClient& client) {
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k)
        if (!(i % 2 == 0 ? host.curl_works() : host.openssl_works())) ++failures;
    });
  std::vector<std::promise<Result<Token>>> promises(50);
  for (auto& promise : promises)
    client.request_async(password(), {}, [&](Result<Token> token) { promise.set_value(std::move(token)); });
  for (auto& promise : promises)
    require(promise.get_future().get().has_value(), "a request beside the host's");
  threads.clear();
  require(failures == 0, "the host's own connections");
}

// Ends as programs do, its static objects and all.
[[noreturn]] void be_child(const Host& host, std::unique_ptr<TokenClient> client, Transport transport) {
  require(get(host, transport) == ErrorClass::usage, "a transport in the child");
  transport = {};
  const auto refused = client->request(password());
  require(!refused && refused.error().error_class == ErrorClass::usage, "a blocking call in the child");
  const auto refused_async = request_async(*client);
  require(!refused_async && refused_async.error().error_class == ErrorClass::usage, "a call in the child");
  client.reset();
  require(host.curl_works(), "the host's libcurl in the child");
  require(request_async(host.client()).has_value(), "a client of the child's own");
  std::exit(0);  // NOLINT(concurrency-mt-unsafe): the child has one thread
}

}  // namespace

int main(int, char** argv) {
  const std::string when = argv[1];
  struct sigaction own {};
  own.sa_handler = handle;
  for (const int number : {SIGPIPE, SIGALRM, SIGCHLD, SIGUSR1}) ::sigaction(number, &own, nullptr);
  if (when == "before") curl_global_init(CURL_GLOBAL_DEFAULT);
  const Host host(argv[2], argv[3]);
  const Surroundings before;

  // Three connections, in this order.
  auto client = std::make_unique<TokenClient>(host.client());
  require(client->request(password()).has_value(), "a blocking request");
  if (when == "after") curl_global_init(CURL_GLOBAL_DEFAULT);
  require(request_async(*client).has_value(), "a request");
  auto transport = make_transport({.ca_file = host.ca_file, .proxy = ""}).value();
  require(!get(host, transport), "a transport");

  if (const pid_t child = ::fork(); child == 0) {
    be_child(host, std::move(client), std::move(transport));
  } else {
    int status = -1;
    require(::waitpid(child, &status, 0) == child && status == 0, "the child");
  }
  require(!get(host, transport), "a transport after the fork");
  require(client->request(password()).has_value(), "a blocking request after the fork");
  require(request_async(*client).has_value(), "a request after the fork");
  std::cout << "sent" << std::endl;
  std::string line;
  std::getline(std::cin, line);
  all_at_once(host, *client);

  // The host is done with libcurl, the library is not.
  if (when != "never") curl_global_cleanup();
  require(request_async(host.client()).has_value(), "a client after the host's curl_global_cleanup");
  client.reset();
  require(host.openssl_works(), "the host's context afterwards");
  std::cout << before.what_differs(Surroundings()) << std::endl;
}
