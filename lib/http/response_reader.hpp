#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace oauth_token::http {

/// Makes one response out of the bytes of a connection (RFC 9112), whose body never touches anything but
/// wiped pages. Skips interim responses. Body at most 1 MiB, everything before it at most 64 KiB.
class ResponseReader {
 public:
  explicit ResponseReader(bool to_head_request);
  ResponseReader(ResponseReader&&) = delete;
  ~ResponseReader();

  /// Where to put what the connection gives next; never empty.
  std::span<char> room();
  /// Takes `count` bytes that were put there. True: the response is complete. Errors: `protocol`.
  Result<bool> read(std::size_t count);
  /// The connection ended. True: the response is complete; false: it was cut off (see `status`).
  bool end();

  /// Of the final response; 0 before its head is complete.
  [[nodiscard]] int status() const noexcept;
  /// Whether any byte came.
  [[nodiscard]] bool has_begun() const noexcept;
  /// Whether the response was framed so exactly, with nothing left over, that the next one on the same
  /// connection can be told from it.
  [[nodiscard]] bool connection_is_reusable() const noexcept;
  HttpResponse take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token::http
