#include "protocol/public_url.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest_in_sentence = 200;

}  // namespace

std::string_view public_part(std::string_view url) noexcept {
  const std::string_view part = url.substr(0, std::min(url.find_first_of("?#;"), url.size() - 1) + 1);
  const auto slashes = part.find("//");
  if (slashes == std::string_view::npos) return part;
  const std::string_view behind = part.substr(slashes + 2);
  const bool has_user = behind.substr(0, behind.find('/')).find('@') != std::string_view::npos;
  return has_user ? std::string_view() : part;
}

std::string url_in_sentence(std::string_view url) {
  const std::string_view part = public_part(url).substr(0, longest_in_sentence);
  if (part.empty()) return {};
  return escape_for_terminal(part) + (part.size() < url.size() ? "..." : "");
}

}  // namespace oauth_token::protocol
