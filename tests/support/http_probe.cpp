// Sends requests through the library's transport as the arguments say, and prints one JSON object for each:
// what the tests of lib/http and the memory scan drive. Secrets come from descriptors, so that this program
// itself keeps no copy of them.

#include "http/loop.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace {

using namespace oauth_token;
using nlohmann::json;

struct Arguments {
  std::map<std::string, std::string> values;
  std::vector<HttpHeader> headers;

  [[nodiscard]] bool has(const std::string& name) const { return values.count(name) > 0; }
  [[nodiscard]] std::string text(const std::string& name, const std::string& other = {}) const {
    const auto found = values.find(name);
    return found == values.end() ? other : found->second;
  }
  [[nodiscard]] long number(const std::string& name, long other) const {
    return has(name) ? std::stol(text(name)) : other;
  }
};

// "--name=value" or "--name".
Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (name == "header") {
      const auto colon = value.find(": ");
      arguments.headers.push_back({value.substr(0, colon), value.substr(colon + 2)});
    } else {
      arguments.values[name] = value;
    }
  }
  return arguments;
}

Secret read_all(int descriptor) {
  SecretBuffer buffer;
  for (;;) {
    char* const where = buffer.room(4096);
    const ssize_t count = ::read(descriptor, where, 4096);
    if (count <= 0) return buffer.take();
    buffer.grew(static_cast<std::size_t>(count));
  }
}

Secret secret_argument(const Arguments& arguments, const std::string& name) {
  if (arguments.has(name + "-fd")) return read_all(static_cast<int>(arguments.number(name + "-fd", 0)));
  if (arguments.has(name + "-size"))
    return Secret(std::string(static_cast<std::size_t>(arguments.number(name + "-size", 0)), 'x'));
  return Secret(arguments.text(name));
}

json described(const Error& error) {
  return {{"class", to_string(error.error_class)},
          {"reason", error.reason},
          {"message", error.message},
          {"hint", error.hint},
          {"sent", to_string(error.sent)},
          {"retry_safe", error.retry_safe},
          {"status", error.http_status}};
}

json described(const HttpResponse& response, bool with_body) {
  json headers = json::array();
  for (const HttpHeader& header : response.headers) headers.push_back({header.name, header.value});
  json out = {{"status", response.status}, {"headers", headers}, {"length", response.body.size()}};
  if (with_body) out["body"] = std::string(response.body.expose());
  return out;
}

json run(const Transport& transport, const HttpRequest& request, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  std::stop_source source;
  if (arguments.has("cancel-first")) source.request_stop();
  std::jthread canceller;
  if (arguments.has("cancel-after-ms"))
    canceller = std::jthread([&](const std::stop_token& over) {
      std::mutex mutex;
      std::condition_variable_any sleep;
      std::unique_lock lock(mutex);
      sleep.wait_for(lock, over, std::chrono::milliseconds(arguments.number("cancel-after-ms", 0)),
                     [] { return false; });
      source.request_stop();
    });
  json out;
  {
    const auto result = transport(request, source.get_token());
    out = result ? described(*result, !arguments.has("hold")) : described(result.error());
  }
  out["milliseconds"] =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  return out;
}

struct Waiting final : http::Receiver {
  std::promise<Result<HttpResponse>> promise = {};
  void receive(Result<HttpResponse> result) override { promise.set_value(std::move(result)); }
};

// A transport that waits for the loop.
Result<Transport> over_loop(const TransportOptions& options) {
  auto made = http::make_loop();
  if (!made) return fail(std::move(made.error()));
  const std::shared_ptr<http::Loop> loop(made->get(), [kept = *made](http::Loop*) { kept->close(); });
  if (auto opened = loop->open(options); !opened) return fail(std::move(opened.error()));
  return [loop](const HttpRequest& request, std::stop_token stop) {
    const auto waiting = std::make_shared<Waiting>();
    auto result = waiting->promise.get_future();
    loop->send(HttpRequest{.method = request.method,
                           .url = request.url,
                           .headers = request.headers,
                           .authorization = request.authorization.copy(),
                           .body = request.body.copy(),
                           .sensitive = request.sensitive,
                           .deadline = request.deadline},
               std::move(stop), waiting);
    return result.get();
  };
}

// What a careless program would leave behind, and what outlives the requests on purpose.
struct Remains {
  std::string leaked;
  Transport transport;
};

void send_all(const Arguments& arguments, Remains& remains) {
  HttpRequest request;
  request.method = arguments.text("method", "POST");
  request.url = arguments.text("url");
  request.headers = arguments.headers;
  request.sensitive = !arguments.has("not-sensitive");
  request.authorization = secret_argument(arguments, "authorization");
  request.body = secret_argument(arguments, "body");
  if (arguments.has("leak") || arguments.has("leak-from"))
    remains.leaked =
        std::string(request.body.expose().substr(static_cast<std::size_t>(arguments.number("leak-from", 0))));

  TransportOptions options;
  options.ca_file = arguments.text("ca-file");
  if (arguments.has("proxy")) options.proxy = arguments.text("proxy");
  options.insecure_tls = arguments.has("insecure");
  options.allow_http = arguments.has("allow-http");
  if (arguments.has("certificate")) {
    auto certificate = ClientCertificate::read(arguments.text("certificate"), arguments.text("key"));
    if (!certificate) {
      std::cout << described(certificate.error()).dump() << std::endl;
      return;
    }
    options.client_certificate = std::move(*certificate);
  }
  options.connect_timeout = std::chrono::milliseconds(arguments.number("connect-timeout-ms", 10'000));
  const auto transport = arguments.has("loop") ? over_loop(options) : make_transport(options);
  if (!transport) {
    std::cout << described(transport.error()).dump() << std::endl;
    return;
  }
  if (arguments.has("keep-transport")) remains.transport = *transport;
  std::mutex output;
  const auto repeat = [&] {
    HttpRequest own = {.method = request.method,
                       .url = request.url,
                       .headers = request.headers,
                       .authorization = request.authorization.copy(),
                       .body = request.body.copy(),
                       .sensitive = request.sensitive};
    for (long i = 0; i < arguments.number("repeat", 1); ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(arguments.number("pause-ms", 0)));
      own.deadline = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(arguments.number("timeout-ms", 20'000));
      const json result = run(*transport, own, arguments);
      const std::lock_guard lock(output);
      std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }
  };
  std::vector<std::jthread> threads;
  for (long i = 1; i < arguments.number("threads", 1); ++i) threads.emplace_back(repeat);
  repeat();
}

}  // namespace

int main(int argc, char** argv) {
  Remains remains;
  const Arguments arguments = parse(argc, argv);
  if (arguments.has("parse-url")) {
    const auto url = parse_url(arguments.text("parse-url"));
    const json out =
        url ? json{{"text", url->text}, {"origin", url->origin()}, {"loopback", url->is_loopback()}}
            : described(url.error());
    std::cout << out.dump() << std::endl;
    return 0;
  }
  send_all(arguments, remains);
  if (arguments.has("hold")) {
    std::cout << "held" << std::endl;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
  }
  return remains.leaked == "never" ? 1 : 0;
}
