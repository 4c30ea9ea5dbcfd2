#include "base/characters.hpp"

#include <oauth_token/signing_key.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::string_view scheme = "pkcs11:";

// Of RFC 7512 s2.3, what says which key it is and no more.
constexpr std::string_view allowed =
    "token manufacturer serial model object type id slot-id slot-description slot-manufacturer "
    "library-description library-manufacturer library-version";

struct Refused {
  std::string_view name;
  const char* reason;
  const char* hint;
};

constexpr std::array<Refused, 4> refused{{
    {"module-path", "would load any program code that it names",
     "Name the module in openssl.cnf or in PKCS11_MODULE_PATH."},
    {"module-name", "would load any program code that it names",
     "Name the module in openssl.cnf or in PKCS11_MODULE_PATH."},
    {"pin-value", "would show the PIN to every user of this machine", "Give the PIN as a passphrase."},
    {"pin-source", "would read the PIN from wherever it says", "Give the PIN as a passphrase."},
}};

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c == '-' || is_letter(c); });
}

// The message holds no value: a slip of the pen makes a PIN of any of them.
tl::unexpected<Error> attribute_refused(std::string message, const char* hint) {
  return fail(Error{
      .error_class = ErrorClass::config, .message = std::move(message), .hint = hint, .reason = "token"});
}

}  // namespace

bool is_key_in_token(std::string_view location) noexcept {
  return equal_ignoring_case(location.substr(0, scheme.size()), scheme);
}

Result<void> check_key_location(std::string_view location, const std::string& name) {
  if (!is_key_in_token(location)) return {};
  std::string rest(location.substr(scheme.size()));
  std::transform(rest.begin(), rest.end(), rest.begin(), lower);
  // Anywhere: "object=k,pin-value=1234" is one label to OpenSSL, and would be printed.
  for (const Refused& each : refused)
    if (rest.find(each.name) != std::string::npos)
      return attribute_refused(
          name + " has the attribute \"" + std::string(each.name) + "\", which " + each.reason + ".",
          each.hint);
  for (std::string_view left = rest; !left.empty();) {
    const auto end = std::min(left.find_first_of(";?&"), left.size());
    const std::string_view attribute = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    const auto equals = attribute.find('=');
    const std::string_view given = attribute.substr(0, equals);
    if (equals != std::string_view::npos && has_word(allowed, given)) continue;
    const bool may_be_shown = equals != std::string_view::npos && is_plain_name(given);
    return attribute_refused(
        name + (may_be_shown ? " has the unknown attribute \"" + std::string(given) + "\"."
                             : " has an attribute without a name that RFC 7512 knows."),
        "Write it as in pkcs11:token=TOKEN;object=KEY, with what names the token and the key alone.");
  }
  return {};
}

}  // namespace oauth_token
