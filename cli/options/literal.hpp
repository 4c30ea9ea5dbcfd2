#pragma once

#include <string>
#include <string_view>

namespace oauth_token::cli {

/// A text of the program itself, for tables of many of them: half as large as a string_view. What a table has
/// pointers in the loader writes anew at every start, page by page: commands together take a fifth of a page
/// less.
class Literal {
 public:
  constexpr Literal(const char* characters = "") noexcept : characters_(characters) {}

  [[nodiscard]] constexpr std::string_view view() const noexcept { return characters_; }
  constexpr operator std::string_view() const noexcept { return characters_; }
  explicit operator std::string() const { return characters_; }

  [[nodiscard]] constexpr bool empty() const noexcept { return *characters_ == '\0'; }
  friend constexpr bool operator==(Literal left, std::string_view right) noexcept {
    return left.view() == right;
  }
  // Each would be converted either way.
  friend constexpr bool operator==(Literal left, Literal right) noexcept { return left == right.view(); }
  friend constexpr bool operator==(Literal left, const char* right) noexcept {
    return left == std::string_view(right);
  }

 private:
  const char* characters_;
};

}  // namespace oauth_token::cli
