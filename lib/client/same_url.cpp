#include "client/same_url.hpp"

#include <oauth_token/http.hpp>

namespace oauth_token {

bool same_url(std::string_view left, std::string_view right) {
  if (left == right) return true;
  const auto one = parse_url(left);
  const auto other = parse_url(right);
  return one && other && one->text == other->text;
}

}  // namespace oauth_token
