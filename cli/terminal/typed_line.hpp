#pragma once

#include <oauth_token/secret.hpp>

#include <cstddef>

namespace oauth_token::cli {

/// The terminal's own editing keys as bytes; -1: none.
struct EditingKeys {
  int erase = 0x7f;
  int word_erase = 0x17;
  int kill = 0x15;
  int end = 0x04;
  int literal_next = 0x16;
};

/// A line as a person types it without echo, byte by byte. The terminal could edit lines itself, but cuts
/// them at 4095 bytes.
class TypedLine {
 public:
  enum class State { open, complete, given_up, too_long };

  explicit TypedLine(const EditingKeys& keys, std::size_t limit) : keys_(keys), limit_(limit) {}

  /// LF and CR complete the line. Erase (BS and DEL always do) takes a whole UTF-8 character. The end key
  /// gives up an empty line and is passed over elsewhere, since half a password would count as an attempt.
  /// NUL is passed over.
  State type(char byte);
  Secret take() noexcept { return text_.take(); }

 private:
  void erase_character() noexcept;
  void erase_word() noexcept;
  State add(char byte);

  EditingKeys keys_;
  std::size_t limit_;
  bool literal_ = false;
  SecretBuffer text_;
};

}  // namespace oauth_token::cli
