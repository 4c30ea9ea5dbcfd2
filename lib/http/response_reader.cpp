#include "http/response_reader.hpp"

#include "base/reading.hpp"
#include "base/registers.hpp"
#include "base/wiped_headers.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// Beast 1.74 asserts that a last chunk comes in one piece of five bytes, and reads it all the same where it
// does not.
#define BOOST_DISABLE_ASSERTS
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace oauth_token::http {
namespace {

namespace beast_http = boost::beast::http;

/// For the head: see wipe in base/wiped_headers.hpp.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() noexcept = default;
  template <class Other>
  WipingAllocator(const WipingAllocator<Other>& /*other*/) noexcept {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* place, std::size_t count) noexcept {
    ::explicit_bzero(static_cast<void*>(place), count * sizeof(T));
    std::allocator<T>().deallocate(place, count);
  }
  friend bool operator==(const WipingAllocator& /*left*/, const WipingAllocator& /*right*/) noexcept {
    return true;
  }
};

using Parser = beast_http::response_parser<beast_http::buffer_body, WipingAllocator<char>>;

constexpr std::size_t body_limit = 1024UL * 1024;
constexpr std::size_t head_limit = 64UL * 1024;
constexpr std::size_t total_limit = 8 * body_limit;  // chunks of one byte need six

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorClass::protocol, std::move(message), "Check that the URL is the right one.");
}

}  // namespace

struct ResponseReader::State {
  explicit State(bool to_head_request) : no_body(to_head_request) { begin(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { wipe(response.headers); }

  void begin() {
    parser.emplace();
    parser->header_limit(head_limit);
    parser->body_limit(std::numeric_limits<std::uint64_t>::max());  // see end_if_too_large
    parser->skip(no_body);
  }

  [[nodiscard]] std::size_t at(std::string_view rest) const { return input.size() - rest.size(); }
  // What deployed servers write and Beast refuses is made what it takes. False: more input is needed.
  bool mend(std::string_view& rest);
  void end_status_line(std::string_view& rest);
  bool drop_padding(std::string_view& rest);

  // One call of the parser. False: it needs more input.
  Result<bool> parse(std::string_view bytes, std::size_t& taken);
  Result<void> finish_head();
  Result<void> end_if_too_large();
  [[nodiscard]] tl::unexpected<Error> explain(const boost::system::error_code& code) const;

  bool no_body;
  std::optional<Parser> parser;
  std::uint64_t chunk_left = 0;  // of the body of the last chunk
  std::function<void(std::uint64_t, boost::beast::string_view, boost::system::error_code&)> on_chunk =
      [this](std::uint64_t size, boost::beast::string_view, boost::system::error_code&) {
        chunk_left = size;
      };
  SecretBuffer input;
  SecretBuffer body;
  HttpResponse response;
  std::size_t head_bytes = 0;
  std::size_t total_bytes = 0;
  bool interim_seen = false;
  bool head_done = false;
  bool complete = false;
  bool too_large = false;
  bool ended = false;
};

bool ResponseReader::State::mend(std::string_view& rest) {
  if (!head_done) end_status_line(rest);
  return !head_done || !parser->chunked() || chunk_left > 0 || drop_padding(rest);
}

// RFC 9112 s4: the space behind the code stays where there is no reason phrase.
void ResponseReader::State::end_status_line(std::string_view& rest) {
  constexpr std::size_t end_of_code = std::string_view("HTTP/1.1 200").size();
  if (!rest.starts_with("HTTP/1.") || rest.size() < end_of_code + 2 || rest.substr(end_of_code, 2) != "\r\n")
    return;
  const std::size_t position = at(rest);
  input.append(' ');
  char* const gap = input.data() + position + end_of_code;
  std::copy_backward(gap, input.data() + input.size() - 1, input.data() + input.size());
  *gap = ' ';
  rest = input.expose().substr(position);
}

// Servers that reserve the line of a chunk's size in advance fill it up with spaces.
bool ResponseReader::State::drop_padding(std::string_view& rest) {
  constexpr std::size_t longest_line = 64;
  const std::string_view line = rest.substr(0, longest_line);
  const std::size_t size = std::min(
      line.find_first_not_of("0123456789abcdefABCDEF", line.starts_with("\r\n") ? 2 : 0), line.size());
  const std::size_t end = std::min(line.find_first_not_of(" \t", size), line.size());
  if (end == size) return true;
  const std::string_view behind = line.substr(end, 2);
  if (behind != "\r\n") return line.size() == longest_line || !std::string_view("\r\n").starts_with(behind);
  char* const begin = input.data() + at(rest);
  std::copy_backward(begin, begin + size, begin + end);
  rest.remove_prefix(end - size);
  return true;
}

Result<bool> ResponseReader::State::parse(std::string_view bytes, std::size_t& taken) {
  auto& target = parser->get().body();
  target.data = head_done ? body.room(bytes.size()) : nullptr;
  target.size = head_done ? bytes.size() : 0;
  target.more = true;
  boost::system::error_code code;
  taken = parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
  if (!head_done) wipe_dead_stack();  // it unfolds lines there
  if (head_done) body.grew(bytes.size() - target.size);
  if (head_done && parser->chunked()) chunk_left -= bytes.size() - target.size;
  if (code == beast_http::error::need_more) return false;
  too_large = head_done && code == beast_http::error::body_limit;
  if (too_large) return true;
  if (code && code != beast_http::error::need_buffer) return explain(code);
  return true;
}

Result<void> ResponseReader::State::finish_head() {
  const auto& head = parser->get();
  if (head.result_int() < 100)  // RFC 9110 s15
    return refuse("The server's answer has the status " + std::to_string(head.result_int()) +
                  ", which means nothing.");
  if (head.result_int() == 101) return refuse("The server switched to another protocol, unasked.");
  if (head.result_int() / 100 == 1) {
    interim_seen = true;
    begin();
    return {};
  }
  head_done = true;
  response.status = static_cast<int>(head.result_int());
  // In its place at once: a short text that is moved leaves its bytes behind.
  response.headers.resize(static_cast<std::size_t>(std::distance(head.begin(), head.end())));
  auto header = response.headers.begin();
  for (const auto& field : head) {
    header->name.assign(field.name_string().data(), field.name_string().size());
    header->value.assign(field.value().data(), field.value().size());
    ++header;
  }
  const auto length = parser->content_length();
  too_large = length && *length > body_limit;
  if (length && !too_large && !parser->is_done()) body = SecretBuffer(static_cast<std::size_t>(*length));
  parser->body_limit(body_limit);
  parser->on_chunk_header(on_chunk);
  return {};
}

// What went well must be read whole. Of any other answer the status says enough, and whatever is there of its
// body is what there is.
Result<void> ResponseReader::State::end_if_too_large() {
  if (!too_large) return {};
  if (response.status / 100 == 2) return refuse("The server's answer is larger than 1 MiB.");
  complete = ended = true;
  return {};
}

tl::unexpected<Error> ResponseReader::State::explain(const boost::system::error_code& code) const {
  if (code == beast_http::error::header_limit)
    return refuse("The head of the server's answer is larger than 64 KiB.");
  return refuse((head_done ? "The body of the server's answer breaks HTTP/1.1: "
                           : "The server's answer is not HTTP/1.1: ") +
                code.message() + ".");
}

ResponseReader::ResponseReader(bool to_head_request) : state_(std::make_unique<State>(to_head_request)) {}
ResponseReader::~ResponseReader() = default;

std::span<char> ResponseReader::room() { return room_to_read(state_->input); }

Result<bool> ResponseReader::read(std::size_t count) {
  State& state = *state_;
  state.input.grew(count);
  state.total_bytes += count;
  std::string_view rest = state.input.expose();
  while (!rest.empty() && !state.complete) {
    if (!state.mend(rest)) break;
    std::size_t taken = 0;
    const auto progress = state.parse(rest, taken);
    if (!progress) return fail(progress.error());
    rest.remove_prefix(taken);
    if (!state.head_done) {
      state.head_bytes += taken;
      if (state.parser->is_header_done())
        if (auto head = state.finish_head(); !head) return fail(std::move(head.error()));
    }
    if (state.head_done) state.complete = state.parser->is_done();
    if (state.head_done && !state.complete)
      if (auto done = state.end_if_too_large(); !done) return fail(std::move(done.error()));
    if (!*progress) break;
  }
  const bool too_much = rest.size() > head_limit || state.total_bytes > total_limit ||
                        (!state.head_done && state.head_bytes + rest.size() > head_limit);
  state.input.drop_front(state.input.size() - rest.size());
  if (too_much && !state.complete)
    return refuse(state.head_done ? "The server's answer never ends."
                                  : "The head of the server's answer is larger than 64 KiB.");
  return state.complete;
}

bool ResponseReader::end() {
  State& state = *state_;
  state.ended = true;
  if (!state.head_done) return false;
  boost::system::error_code code;
  state.parser->put_eof(code);
  state.complete = !code;
  return state.complete;
}

int ResponseReader::status() const noexcept { return state_->response.status; }

bool ResponseReader::has_begun() const noexcept { return state_->total_bytes > 0; }

bool ResponseReader::connection_is_reusable() const noexcept {
  const State& state = *state_;
  return state.complete && !state.ended && !state.interim_seen && state.input.empty() &&
         state.parser->get().version() == 11 && state.parser->keep_alive();
}

HttpResponse ResponseReader::take() {
  state_->response.body = state_->body.take();
  return std::move(state_->response);
}

}  // namespace oauth_token::http
