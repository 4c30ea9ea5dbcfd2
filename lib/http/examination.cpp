#include "http/examination.hpp"

#include "http/connection.hpp"
#include "http/url.hpp"

#include <exception>
#include <string>
#include <utility>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

Result<ServerConnection> examine(const TransportOptions& options, std::string_view text,
                                 Clock::time_point deadline, const std::stop_token& stop) {
  const auto url = parse_url(text);
  if (!url) return fail(url.error());
  auto network = Network::open(options);
  if (!network) return fail(std::move(network.error()));
  const auto connection = Connection::start(std::move(*network), *url, deadline);
  if (!connection) return fail(connection.error());
  Connection& peer = **connection;
  peer.examine();
  const std::stop_callback wake(stop, [&peer] { peer.wake(); });
  for (;;) {
    if (stop.stop_requested())
      return fail(ErrorClass::interrupted, "Connecting to " + url->origin() + " was cancelled.");
    const auto connected = peer.connect();
    const bool is_late = connected ? !*connected && Clock::now() >= peer.connect_deadline()
                                   : connected.error().error_class == ErrorClass::timeout;
    if (is_late)
      return fail(Error{
          .error_class = ErrorClass::timeout,
          .message =
              "No connection to " + url->origin() + ": the time ran out " + std::string(peer.stage()) + ".",
          .hint = "Check that the server can be reached from here, or allow more with --timeout SECONDS.",
          .reason = "connect"});
    if (!connected) return fail(connected.error());
    if (*connected) return peer.describe();
    peer.wait(false, peer.connect_deadline());
  }
}

}  // namespace

Result<ServerConnection> examine_server(const TransportOptions& options, std::string_view url,
                                        std::chrono::steady_clock::time_point deadline,
                                        std::stop_token stop) try {
  return examine(options, url, deadline, stop);
} catch (const std::exception& error) {
  return fail(ErrorClass::internal, std::string("The server cannot be examined: ") + error.what() + ".");
}

}  // namespace oauth_token::http
