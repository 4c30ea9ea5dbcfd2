#include "crypto/unusable.hpp"

#include <utility>

namespace oauth_token {

tl::unexpected<Error> unusable(const std::string& source, const std::string& what, std::string hint) {
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " " + what + ".",
                    .hint = std::move(hint),
                    .reason = "key"});
}

}  // namespace oauth_token
