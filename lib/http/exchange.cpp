#include "http/exchange.hpp"

#include "base/characters.hpp"
#include "base/sentence.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace oauth_token::http {
namespace {

// One send is at most one record, so that nobody can read any byte that was not accepted.
constexpr std::size_t tls_record = 16384;

bool fits_header(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return is_control_character(c) && c != '\t'; });
}

bool has_header(const HttpRequest& request, const char* name) noexcept {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [name](const HttpHeader& header) { return equal_ignoring_case(header.name, name); });
}

}  // namespace

Result<SecretBuffer> write_request(const HttpRequest& request, const Url& url) {
  if (!is_token(request.method)) return fail(ErrorClass::usage, "The request's method is not a word.");
  if (!fits_header(request.authorization.expose()))
    return fail(ErrorClass::usage, "The Authorization header would hold a control character.");
  for (const HttpHeader& header : request.headers)
    if (!is_token(header.name) || !fits_header(header.value))
      return fail(ErrorClass::usage, "The header " + quote_for_terminal(header.name) +
                                         " holds a character that no header may hold.");

  SecretBuffer out;
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append(request.method).append(" ").append(url.path);
  if (!url.query.empty()) out.append("?").append(url.query);
  out.append(" HTTP/1.1\r\n");
  const std::string origin = url.origin();
  line("Host", std::string_view(origin).substr(url.scheme.size() + 3));
  if (!has_header(request, "User-Agent")) line("User-Agent", user_agent());
  for (const HttpHeader& header : request.headers) line(header.name, header.value);
  if (!request.authorization.empty()) line("Authorization", request.authorization.expose());
  if (!request.body.empty() || request.method == "POST")
    line("Content-Length", std::to_string(request.body.size()));
  out.append("\r\n").append(request.body.expose());
  return out;
}

Exchange::Exchange(Connection& connection, SecretBuffer message, bool to_head_request)
    : connection_(connection), message_(std::move(message)), reader_(to_head_request) {}

std::optional<Result<HttpResponse>> Exchange::advance() {
  if (!connected_) {
    auto connected = connection_.connect();
    if (!connected) return fail(std::move(connected.error()));
    if (!*connected) return std::nullopt;
    connected_ = true;
  }
  send();
  return receive();
}

// A server may answer before it read everything, and close: so a failure to send is no result yet.
void Exchange::send() {
  while (!sending_is_over()) {
    const Transfer part = connection_.send(message_.expose().substr(position_, tls_record));
    if (part.outcome == Transfer::Outcome::again) return;
    sending_failed_ = part.outcome != Transfer::Outcome::moved;
    position_ += part.count;
    is_sent_ = position_ == message_.size();
  }
  message_.truncate(0);
}

std::optional<Result<HttpResponse>> Exchange::receive() {
  for (;;) {
    const auto room = reader_.room();
    const Transfer part = connection_.receive(room.data(), room.size());
    if (part.outcome == Transfer::Outcome::again) return std::nullopt;
    if (part.outcome != Transfer::Outcome::moved) return ended();
    const auto complete = reader_.read(part.count);
    if (!complete) return fail(complete.error());
    if (*complete) return reader_.take();
  }
}

// A body without a length ends with the connection. Some servers then forget to end TLS properly; whoever
// reads the body sees whether it is whole.
Result<HttpResponse> Exchange::ended() {
  if (reader_.end()) return reader_.take();
  Error error = connection_.failure();
  if (error.error_class != ErrorClass::network) return fail(std::move(error));
  if (reader_.has_begun()) {
    insert_before_full_stop(error.message, " in the middle of its answer");
    error.reason = "truncated";
  } else {
    insert_before_full_stop(error.message, " without an answer");
  }
  return fail(std::move(error));
}

Sent Exchange::sent() const noexcept {
  if (reader_.status() != 0) return Sent::yes;
  return position_ > 0 ? Sent::maybe : Sent::no;
}

std::string_view Exchange::stage() const {
  if (!connected_) return connection_.stage();
  if (wants_to_send()) return "while sending the request";
  return reader_.has_begun() ? "in the middle of the answer" : "while waiting for the answer";
}

bool Exchange::connection_is_reusable() const noexcept {
  return is_sent_ && reader_.connection_is_reusable();
}

}  // namespace oauth_token::http
