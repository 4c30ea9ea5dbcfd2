#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace oauth_token::cli {

enum class Kind : std::uint8_t {
  flag,         ///< takes no value
  value,        ///< takes one value, given once
  list,         ///< takes one value, may be repeated
  choice_flag,  ///< stands alone for the first of its choices; the others behind "="
};

/// What is checked as soon as the value is read.
enum class Check : std::uint8_t {
  text,      ///< not empty, no control character
  filled,    ///< not empty; else any bytes
  session,   ///< a name that a session can have
  path,      ///< a file; made absolute, so that a session finds it from everywhere
  key,       ///< the same, or a pkcs11: URI, which loads a module and so is no variable's to name
  seconds,   ///< a number above 0, up to a day, with at most three decimals
  lifetime,  ///< a whole number of seconds, 1 to 300
  number,    ///< a descriptor: 0 to 1048575
  jobs,      ///< 1 to 128
  rate,      ///< a number above 0, up to 86400, with at most three decimals
  choice,    ///< one of Option::choices
  store,     ///< one of Option::choices, or file:FOLDER
  words,     ///< one or more values, separated by spaces
  any,       ///< checked where it is used
};

/// Which commands take an option: a command names its groups (commands.hpp).
enum class Group : std::uint32_t {
  common = 1U << 0U,
  server = 1U << 1U,
  client = 1U << 2U,
  transport = 1U << 3U,
  grant = 1U << 4U,
  user = 1U << 5U,
  kept = 1U << 6U,  ///< a refresh token that the caller keeps
  store = 1U << 7U,
  session = 1U << 8U,
  replace = 1U << 9U,
  age = 1U << 10U,
  force = 1U << 11U,
  wait = 1U << 12U,
  output = 1U << 13U,
  token_output = 1U << 14U,
  trace = 1U << 15U,
  identity = 1U << 16U,
  profile_edit = 1U << 17U,
  cache = 1U << 19U,
  exec = 1U << 20U,
  dpop_proof = 1U << 21U,
  batch = 1U << 22U,
  profile_keys = 1U << 18U,  ///< stands for each option that is a key of profiles
};

/// Where a value may come from, beside the command line; and what else is to be known of an option.
enum Trait : std::uint8_t {
  variable = 1U << 0U,       ///< OAUTH_TOKEN_ and the name in upper case
  profile = 1U << 1U,        ///< a key of a profile
  loopback_only = 1U << 2U,  ///< a profile may say so for a server on this machine only
  runs_code = 1U << 3U,      ///< never a variable, but for askpass
  hidden = 1U << 4U,         ///< a key of profiles that is no option of the command line
  primary = 1U << 5U,        ///< described in the short help
  proof = 1U << 6U,          ///< shows who the client is, as a secret does
};

/// Options that exclude each other; a set given by flag hides the whole set in variables and profile.
enum class Alternative : std::uint8_t {
  none,
  password,
  client_secret,
  client_assertion,
  signing_key_passphrase,
  tls_key_passphrase,
  refresh_token,
  server,
  endpoints,  ///< hidden by `server` of a higher place
};
constexpr bool holds_secret(Alternative set) noexcept {
  return set != Alternative::none && set != Alternative::server && set != Alternative::endpoints;
}

/// A text of the option table, without a pointer: what a table has of these, the loader writes anew at every
/// start, page by page.
class OptionText {
 public:
  constexpr OptionText() noexcept = default;
  constexpr OptionText(std::uint16_t begin, std::uint8_t size) noexcept : begin_(begin), size_(size) {}

  [[nodiscard]] constexpr std::string_view view() const noexcept;
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr operator std::string_view() const noexcept { return view(); }
  explicit operator std::string() const { return std::string(view()); }
  friend constexpr bool operator==(OptionText left, std::string_view right) noexcept {
    return left.view() == right;
  }
  // Each would be converted either way.
  friend constexpr bool operator==(OptionText left, OptionText right) noexcept {
    return left == right.view();
  }

 private:
  std::uint16_t begin_ = 0;
  std::uint8_t size_ = 0;
};

template <class Text>
struct OptionOf {
  Text name = {};  ///< without the dashes
  char letter = 0;
  Kind kind = Kind::flag;
  Check check = Check::any;
  Text value_name = {};
  Text choices = {};  ///< "a|b|c": all there are with Check::choice, else those to suggest
  Group group = Group::common;
  std::uint8_t traits = 0;
  Alternative alternative = Alternative::none;
  Text help = {};

  [[nodiscard]] constexpr bool has(Trait trait) const noexcept { return (traits & trait) != 0; }
  /// Takes no word of the command line after it.
  [[nodiscard]] constexpr bool stands_alone() const noexcept {
    return kind == Kind::flag || kind == Kind::choice_flag;
  }
};
using Option = OptionOf<OptionText>;

}  // namespace oauth_token::cli
