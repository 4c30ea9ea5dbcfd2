#include "http/transport.hpp"

#include "base/own_process.hpp"
#include "http/attempt.hpp"
#include "http/network.hpp"
#include "http/pool.hpp"

#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token::http {
namespace {

class Client {
 public:
  explicit Client(std::shared_ptr<const Network> network) : network_(std::move(network)) {}

  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) {
    if (auto here = process_.check(); !here) return fail(std::move(here.error()));
    auto order = Order::make(request);
    if (!order) return fail(std::move(order.error()));
    auto connection = order->take_from(pool_);
    if (!connection) {
      auto started = Connection::start(network_, order->url, order->deadline);
      if (!started) return fail(std::move(started.error()));
      connection = std::move(*started);
    }
    Attempt attempt(std::move(*order), std::move(connection));
    auto result = run(attempt, stop);
    if (result) attempt.keep_in(pool_);
    return result;
  }

 private:
  static Result<HttpResponse> run(Attempt& attempt, const std::stop_token& stop) {
    Connection& connection = attempt.connection();
    const std::stop_callback wake(stop, [&connection] { connection.wake(); });
    for (;;) {
      if (auto result = attempt.advance(stop.stop_requested())) return std::move(*result);
      connection.wait(attempt.wants_to_send(), attempt.until());
    }
  }

  const OwnProcess process_ = {};
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
      judge(result, request.sensitive);
      return result;
    } catch (const std::exception& error) {
      return fail(ErrorClass::internal, std::string("The request failed: ") + error.what() + ".");
    }
  };
} catch (const std::exception& error) {
  return fail(ErrorClass::internal, std::string("No transport: ") + error.what() + ".");
}

}  // namespace oauth_token::http
