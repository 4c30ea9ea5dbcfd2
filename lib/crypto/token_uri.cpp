#include "crypto/token_uri.hpp"

#include <array>
#include <utility>

namespace oauth_token {
namespace {

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

}  // namespace

bool is_token_uri(std::string_view location) { return location.starts_with("pkcs11:"); }

Result<void> check_token_uri(std::string_view uri, const std::string& source) {
  uri.remove_prefix(uri.find(':') + 1);
  while (!uri.empty()) {
    const auto end = uri.find_first_of(";?&");
    const std::string_view attribute = uri.substr(0, end);
    uri.remove_prefix(end == std::string_view::npos ? uri.size() : end + 1);
    const std::string_view name = attribute.substr(0, attribute.find('='));
    for (const Refused& each : refused)
      if (name == each.name)
        return fail(Error{.error_class = ErrorClass::config,
                          .message = source + " has the attribute \"" + std::string(name) + "\", which " +
                                     each.reason + ".",
                          .hint = each.hint,
                          .reason = "token"});
  }
  return {};
}

}  // namespace oauth_token
