#pragma once

#include <oauth_token/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::protocol {

/// Finds secrets in what the server says: raw, form-encoded (a space as %20 or +,
/// digits in either case) and in base64 at any alignment. Secrets below eight bytes are found only where they
/// are a word of their own, those below four not at all, nor those that are an ordinary word of such
/// messages, like "password": a mask there would give away what it hides.
class Masker {
 public:
  void add(std::string_view secret);
  /// `text` with "[masked]" in the place of each secret.
  [[nodiscard]] std::string operator()(std::string_view text) const;

 private:
  struct Form {
    std::size_t offset = 0;
    std::size_t length = 0;
  };
  void add_form(std::size_t offset);
  [[nodiscard]] std::size_t match(std::string_view text, std::size_t at) const;

  SecretBuffer forms_text_;
  std::vector<Form> forms_;
};

}  // namespace oauth_token::protocol
