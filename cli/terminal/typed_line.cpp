#include "typed_line.hpp"

#include <oauth_token/text.hpp>

#include <string_view>

namespace oauth_token::cli {
namespace {

bool is_continuation(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

}  // namespace

TypedLine::State TypedLine::type(char byte) {
  if (byte == '\n' || byte == '\r') return State::complete;
  if (byte == '\0') return State::open;
  if (literal_) {
    literal_ = false;
    return add(byte);
  }
  const int key = static_cast<unsigned char>(byte);
  if (key == keys_.literal_next) {
    literal_ = true;
  } else if (key == keys_.kill) {
    text_.truncate(0);
  } else if (key == keys_.erase || key == 0x7f || key == 0x08) {
    erase_character();
  } else if (key == keys_.word_erase) {
    erase_word();
  } else if (key == keys_.end) {
    return text_.empty() ? State::given_up : State::open;
  } else {
    return add(byte);
  }
  return State::open;
}

TypedLine::State TypedLine::add(char byte) {
  if (text_.size() == limit_) return State::too_long;
  text_.append(byte);
  return State::open;
}

void TypedLine::erase_character() noexcept {
  const std::string_view text = text_.expose();
  if (text.empty()) return;
  std::size_t begin = text.size() - 1;
  while (begin > 0 && text.size() - begin < 4 && is_continuation(text[begin])) --begin;
  // Bytes of another encoding look like the rest of a character without its beginning: one at a time.
  text_.truncate(is_utf8(text.substr(begin)) ? begin : text.size() - 1);
}

void TypedLine::erase_word() noexcept {
  const auto ends_with_space = [this] { return text_.expose().ends_with(' '); };
  while (!text_.empty() && ends_with_space()) text_.truncate(text_.size() - 1);
  while (!text_.empty() && !ends_with_space()) text_.truncate(text_.size() - 1);
}

}  // namespace oauth_token::cli
