#include "http/transport.hpp"

#include "base/registers.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/pool.hpp"
#include "http/url.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

// A server may close a connection that is idle. A request that must not be repeated takes one only when it is
// too fresh for that.
constexpr std::chrono::milliseconds idle_for_sensitive{1'000};
constexpr std::chrono::milliseconds idle_for_others{10'000};

std::string seconds(Clock::duration duration) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() / 100;
  const std::string whole = std::to_string(tenths / 10);
  return tenths % 10 == 0 ? whole + " s" : whole + "." + std::to_string(tenths % 10) + " s";
}

class Client {
 public:
  explicit Client(std::shared_ptr<const Network> network) : network_(std::move(network)) {}

  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) {
    auto url = parse_url(request.url);
    if (!url) return fail(std::move(url.error()));
    auto message = write_request(request, *url);
    if (!message) return fail(std::move(message.error()));
    const auto begin = Clock::now();
    const std::string origin = url->origin();
    if (begin >= request.deadline)
      return fail(ErrorClass::timeout, "No time was left for a request to " + origin + ".",
                  "Allow more time.");
    auto connection = pool_.take(origin, request.sensitive ? idle_for_sensitive : idle_for_others);
    if (!connection) {
      auto started = Connection::start(network_, *url, request.deadline);
      if (!started) return fail(std::move(started.error()));
      connection = std::move(*started);
    }
    Exchange exchange(*connection, std::move(*message), request.method == "HEAD");
    auto result = run(exchange, *connection, request.deadline, begin, origin, stop);
    wipe_vector_registers();  // the parser copied secrets, too
    if (!result) {
      Error& error = result.error();
      error.sent = exchange.sent();
      error.http_status = exchange.status();
    } else if (exchange.connection_is_reusable()) {
      pool_.keep(origin, std::move(connection));
    }
    return result;
  }

 private:
  static Result<HttpResponse> run(Exchange& exchange, Connection& connection, Clock::time_point deadline,
                                  Clock::time_point begin, const std::string& origin,
                                  const std::stop_token& stop) {
    const std::stop_callback wake(stop, [&connection] { connection.wake(); });
    for (;;) {
      if (stop.stop_requested())
        return fail(ErrorClass::interrupted, "The request to " + origin + " was cancelled.");
      auto result = exchange.advance();
      const auto until = exchange.is_connecting() ? connection.connect_deadline() : deadline;
      const bool is_late =
          result ? !*result && result->error().error_class == ErrorClass::timeout : Clock::now() >= until;
      if (is_late)
        return fail(Error{.error_class = ErrorClass::timeout,
                          .message = "No answer from " + origin + " within " + seconds(Clock::now() - begin) +
                                     ": the time ran out " + std::string(exchange.stage()) + ".",
                          .hint = exchange.is_connecting()
                                      ? "Check that the server can be reached from here, or allow more time."
                                      : "The server is slow; check its state, or allow more time.",
                          .reason = exchange.is_connecting() ? "connect" : "answer"});
      if (result) return std::move(*result);
      connection.wait(exchange.wants_to_send(), until);
    }
  }

  std::shared_ptr<const Network> network_;
  Pool pool_;
};

}  // namespace

Result<Transport> make_transport(const TransportOptions& options) try {
  auto network = Network::open(options);
  if (!network) return fail(std::move(network.error()));
  return [client = std::make_shared<Client>(std::move(*network))](
             const HttpRequest& request, std::stop_token stop) -> Result<HttpResponse> {
    try {
      auto result = client->send(request, stop);
      if (!result) result.error().retry_safe = result.error().sent == Sent::no || !request.sensitive;
      return result;
    } catch (const std::exception& error) {
      return fail(ErrorClass::internal, std::string("The request failed: ") + error.what() + ".");
    }
  };
} catch (const std::exception& error) {
  return fail(ErrorClass::internal, std::string("No transport: ") + error.what() + ".");
}

}  // namespace oauth_token::http
