#include "profile_edit.hpp"

#include "base/characters.hpp"
#include "byte_order_mark.hpp"
#include "toml_profiles.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace oauth_token::cli {
namespace {

using ProfileValues = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

ProfileValues values_of(const TomlProfiles& read) {
  ProfileValues values;
  for (const TomlProfile& profile : read.profiles) {
    auto& keys = values[profile.name];
    for (const TomlKey& key : profile.keys) keys[key.name] = key.values;
  }
  return values;
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// Behind the newline.
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

Extent lines(std::string_view text, Extent what) {
  return {line_begin(text, what.begin), line_end(text, what.end)};
}

std::string newline_of(std::string_view text) {
  const std::size_t first = text.find('\n');
  return first != std::string_view::npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return is_plain_number(text);
}

std::string written(const ProfileSetting& setting) {
  const std::string& first = setting.values.front();
  const bool bare = (setting.form == ValueForm::integer && is_integer(first) && first != "-0") ||
                    (setting.form == ValueForm::boolean && (first == "true" || first == "false"));
  if (setting.form != ValueForm::list && setting.values.size() == 1) return bare ? first : toml_string(first);
  std::string list;
  for (const std::string& value : setting.values) list += (list.empty() ? "" : ", ") + toml_string(value);
  return "[" + list + "]";
}

std::string assignment(const ProfileSetting& setting) {
  return toml_key(setting.key) + " = " + written(setting);
}

// `key = value` between braces goes with one comma beside it.
Extent with_comma(std::string_view text, Extent pair) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t after = text.find_first_not_of(blank, pair.end);
  if (after != std::string_view::npos && text[after] == ',')
    return {pair.begin, std::min(text.find_first_not_of(blank, after + 1), text.size())};
  const std::size_t before = text.find_last_not_of(blank, pair.begin - 1);
  if (before != std::string_view::npos && text[before] == ',') return {before, pair.end};
  return pair;
}

Extent pair_of(const TomlKey& key) { return {key.key.begin, key.value.end}; }

void remove(std::string& text, Extent what) { text.erase(what.begin, what.end - what.begin); }

// What stands before the last key in its line: indentation, and a dotted profile's name.
std::string before_key(const std::string& text, const TomlProfile& profile) {
  const std::size_t at = profile.keys.empty() ? profile.table.begin : profile.keys.back().key.begin;
  const std::string before = text.substr(line_begin(text, at), at - line_begin(text, at));
  return before == byte_order_mark ? "" : before;
}

void add_key(std::string& text, const TomlProfile& profile, const ProfileSetting& setting) {
  const bool empty = profile.keys.empty();
  if (profile.form == TableForm::braces) {
    const std::size_t at = empty ? profile.table.end - 1 : profile.keys.back().value.end;
    text.insert(at, (empty ? " " : ", ") + assignment(setting) + (empty ? " " : ""));
    return;
  }
  const std::size_t at = line_end(text, empty ? profile.table.end : profile.keys.back().value.end);
  const std::string newline = newline_of(text);
  const std::string line = before_key(text, profile) + assignment(setting);
  text.insert(at, text[at - 1] == '\n' ? line + newline : newline + line);
}

void add_profile(std::string& text, const std::string& name) {
  const std::string newline = newline_of(text);
  if (!text.empty() && !text.ends_with('\n')) text += newline;
  if (!text.empty() && !text.ends_with("\n\n") && !text.ends_with("\n\r\n")) text += newline;
  text += "[profiles." + toml_key(name) + "]" + newline;
}

void remove_key(std::string& text, const TomlProfile& profile, const TomlKey& key) {
  const Extent pair = pair_of(key);
  remove(text, profile.form == TableForm::braces ? with_comma(text, pair) : lines(text, pair));
}

void set_key(std::string& text, const TomlProfile& profile, const ProfileSetting& setting) {
  const auto key = std::ranges::find(profile.keys, setting.key, &TomlKey::name);
  if (key == profile.keys.end()) {
    if (!setting.values.empty()) add_key(text, profile, setting);
  } else if (setting.values.empty()) {
    remove_key(text, profile, *key);
  } else if (key->values != setting.values) {
    text.replace(key->value.begin, key->value.end - key->value.begin, written(setting));
  }
}

// From the header to the last key. Of two blank lines that would meet one goes too.
void remove_table(std::string& text, const TomlProfile& profile) {
  const std::size_t end = profile.keys.empty() ? profile.table.end : profile.keys.back().value.end;
  Extent all = lines(text, {profile.table.begin, end});
  const std::string_view before = std::string_view(text).substr(0, all.begin);
  const std::string_view after = std::string_view(text).substr(all.end);
  const bool blank_before = before.ends_with("\n\n") || before.ends_with("\n\r\n");
  if (blank_before && (after.empty() || after.starts_with('\n') || after.starts_with("\r\n")))
    all.begin -= newline_of(text).size();
  remove(text, all);
}

void remove_profile(std::string& text, const TomlProfiles& read, const TomlProfile& profile) {
  if (profile.form == TableForm::header) return remove_table(text, profile);
  if (profile.form == TableForm::braces) {
    const Extent pair{profile.key.begin, profile.table.end};
    return remove(text, read.in_braces ? with_comma(text, pair) : lines(text, pair));
  }
  for (auto key = profile.keys.rbegin(); key != profile.keys.rend(); ++key)
    remove(text, lines(text, pair_of(*key)));
}

Result<std::string> checked(std::string text, const std::string& path, const ProfileValues& intended) {
  const auto read = parse_profiles(text, path);
  if (read && values_of(*read) == intended) return text;
  return fail(ErrorClass::config,
              escape_for_terminal(path) + " is written in a form that this program does not edit.",
              "Edit it by hand, or write its profiles as tables [profiles.NAME].");
}

const TomlProfile* find(const TomlProfiles& read, const std::string& name) {
  const auto there = std::ranges::find(read.profiles, name, &TomlProfile::name);
  return there == read.profiles.end() ? nullptr : &*there;
}

}  // namespace

Result<std::string> text_with_settings(std::string text, const std::string& path, const std::string& profile,
                                       const std::vector<ProfileSetting>& settings) {
  auto read = parse_profiles(text, path);
  if (!read) return fail(std::move(read.error()));
  ProfileValues intended = values_of(*read);
  auto& keys = intended[profile];
  for (const ProfileSetting& setting : settings) {
    if (setting.values.empty())
      keys.erase(setting.key);
    else
      keys[setting.key] = setting.values;
  }
  if (keys.empty() && find(*read, profile) != nullptr && find(*read, profile)->form == TableForm::dotted)
    intended.erase(profile);

  if (find(*read, profile) == nullptr) add_profile(text, profile);
  // Removing last: a dotted profile without keys is none.
  for (const bool removing : {false, true}) {
    for (const ProfileSetting& setting : settings) {
      if (setting.values.empty() != removing) continue;
      read = parse_profiles(text, path);
      const TomlProfile* const there = read ? find(*read, profile) : nullptr;
      if (there != nullptr) set_key(text, *there, setting);
    }
  }
  return checked(std::move(text), path, intended);
}

Result<std::string> text_without_profile(std::string text, const std::string& path,
                                         const std::string& profile) {
  const auto read = parse_profiles(text, path);
  if (!read) return fail(read.error());
  const TomlProfile* const there = find(*read, profile);
  if (there == nullptr)
    return fail(ErrorClass::config,
                escape_for_terminal(path) + " holds no profile " + quote_for_terminal(profile) + ".",
                "See \"oauth-token profile list\".");
  ProfileValues intended = values_of(*read);
  intended.erase(profile);
  remove_profile(text, *read, *there);
  return checked(std::move(text), path, intended);
}

}  // namespace oauth_token::cli
