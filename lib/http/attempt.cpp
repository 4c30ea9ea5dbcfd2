#include "http/attempt.hpp"

#include "base/registers.hpp"
#include "base/sentence.hpp"
#include "http/url.hpp"

#include <cstdint>
#include <ratio>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;

// A server may close a connection that is idle. A request that must not be repeated takes one only when it is
// too fresh for that.
constexpr std::chrono::milliseconds idle_for_sensitive{1'000};
constexpr std::chrono::milliseconds idle_for_others{10'000};

std::string seconds(Clock::duration duration) {
  if (duration < std::chrono::milliseconds(100))
    return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(duration).count()) + " ms";
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(duration).count();
  const std::string whole = std::to_string(tenths / 10);
  return tenths % 10 == 0 ? whole + " s" : whole + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

Result<Order> Order::make(const HttpRequest& request) {
  auto url = parse_url(request.url);
  if (!url) return fail(std::move(url.error()));
  auto message = write_request(request, *url);
  if (!message) return fail(std::move(message.error()));
  const auto begin = Clock::now();
  std::string origin = url->origin();
  if (begin >= request.deadline)
    return fail(ErrorClass::timeout, "No time was left for a request to " + origin + ".",
                "Allow more with --timeout SECONDS.");
  return Order{.url = std::move(*url),
               .origin = std::move(origin),
               .message = std::move(*message),
               .is_sensitive = request.sensitive,
               .to_head = request.method == "HEAD",
               .begin = begin,
               .deadline = request.deadline,
               .cut_body = request.cut_body};
}

std::unique_ptr<Connection> Order::take_from(Pool& pool) const {
  return pool.take(origin, is_sensitive ? idle_for_sensitive : idle_for_others);
}

tl::unexpected<Error> Order::is_late(std::string_view stage, bool is_connecting) const {
  return fail(Error{
      .error_class = ErrorClass::timeout,
      .message = "No answer from " + origin + " within " + seconds(Clock::now() - begin) +
                 ": the time ran out " + std::string(stage) + ".",
      .hint = is_connecting ? "Check that the server can be reached from here, or allow more with "
                              "--connect-timeout and --timeout SECONDS."
                            : "The server is slow; check its state, or allow more with --timeout SECONDS.",
      .reason = is_connecting ? "connect" : "answer"});
}

tl::unexpected<Error> Order::is_cancelled() const {
  return fail(ErrorClass::interrupted, "The request to " + origin + " was cancelled.");
}

Attempt::Attempt(Order order, std::unique_ptr<Connection> connection)
    : order_(std::move(order)),
      connection_(std::move(connection)),
      exchange_(*connection_, std::move(order_.message), order_.to_head) {}

std::optional<Result<HttpResponse>> Attempt::advance(bool stop_requested) {
  auto result = step(stop_requested);
  if (!result) return result;
  wipe_vector_registers();  // the parser copied secrets, too
  if (!*result) {
    Error& error = result->error();
    if (error.error_class == ErrorClass::protocol)
      insert_before_full_stop(error.message, " (from " + order_.origin + ")");
    error.sent = exchange_.sent();
    error.http_status = exchange_.status();
    if (order_.cut_body != nullptr && error.http_status / 100 == 2)
      *order_.cut_body = exchange_.take_cut_body();
  }
  return result;
}

std::optional<Result<HttpResponse>> Attempt::step(bool stop_requested) {
  if (stop_requested) return order_.is_cancelled();
  auto result = exchange_.advance();
  const bool is_late =
      result ? !*result && result->error().error_class == ErrorClass::timeout : Clock::now() >= until();
  if (is_late) return order_.is_late(exchange_.stage(), exchange_.is_connecting());
  return result;
}

Clock::time_point Attempt::until() const noexcept {
  return exchange_.is_connecting() ? connection_->connect_deadline() : order_.deadline;
}

void Attempt::keep_in(Pool& pool) {
  if (exchange_.connection_is_reusable()) pool.keep(std::move(order_.origin), std::move(connection_));
}

void judge(Result<HttpResponse>& result, bool is_sensitive) {
  if (!result) result.error().retry_safe = result.error().sent == Sent::no || !is_sensitive;
}

}  // namespace oauth_token::http
