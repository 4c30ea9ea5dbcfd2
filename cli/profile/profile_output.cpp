#include "profile_output.hpp"

#include "base/characters.hpp"
#include "options/options.hpp"
#include "options/value_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace oauth_token::cli {
namespace {

// The table's name of a key, since find_option leaves out keys that are no options.
const Option* option_of(std::string_view key) {
  const auto* const found = std::ranges::find(option_table, key, &Option::name);
  return found == std::ranges::end(option_table) ? nullptr : found;
}

}  // namespace

void write_profile(json::Writer& out, const Profile& profile) {
  out.begin_object().member("name", profile.name);
  for (const auto& [key, values] : profile.values) {
    const Option* const option = option_of(key);
    const bool list = values.size() != 1 || (option != nullptr && option->kind == Kind::list);
    const auto truth = list ? std::nullopt : parse_truth(values.front());
    if (list)
      out.member(key, values);
    else if (option != nullptr && option->kind == Kind::flag && truth)
      out.member(key, *truth == "true");
    else if (option != nullptr && option->check == Check::seconds && is_plain_number(values.front()))
      out.member(key, std::int64_t{std::strtoll(values.front().c_str(), nullptr, 10)});
    else
      out.member(key, values.front());
  }
  out.end_object();
}

}  // namespace oauth_token::cli
