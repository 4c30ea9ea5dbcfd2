// The configuration file: reading, and editing in place.

#include "fuzzing.hpp"
#include "profile/profile_edit.hpp"
#include "profile/toml_profiles.hpp"

#include <algorithm>

namespace {

using namespace oauth_token::cli;

const TomlKey* find(const TomlProfiles& profiles, std::string_view profile, std::string_view key) {
  for (const TomlProfile& each : profiles.profiles) {
    if (each.name != profile) continue;
    for (const TomlKey& found : each.keys)
      if (found.name == key) return &found;
  }
  return nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzzing::text(data, size));
  const auto profiles = parse_profiles(text, "config.toml");
  if (!profiles) fuzzing::check(profiles.error());

  const auto edited = text_with_settings(
      text, "config.toml", "work", {{.key = "client-id", .values = {"app \"1\""}, .form = ValueForm::text}});
  if (!edited) {
    fuzzing::check(edited.error());
  } else {
    const auto again = parse_profiles(*edited, "config.toml");
    fuzzing::must(again.has_value(), "an edited text is read again");
    const TomlKey* const key = find(*again, "work", "client-id");
    fuzzing::must(key != nullptr && key->values == std::vector<std::string>{"app \"1\""}, "an edit is there");
    if (profiles)
      fuzzing::must(again->profiles.size() - profiles->profiles.size() <= 1,
                    "an edit leaves the other profiles");
  }
  const auto removed = text_without_profile(text, "config.toml", "work");
  if (!removed) {
    fuzzing::check(removed.error());
  } else {
    const auto again = parse_profiles(*removed, "config.toml");
    fuzzing::must(again && std::none_of(again->profiles.begin(), again->profiles.end(),
                                        [](const TomlProfile& each) { return each.name == "work"; }),
                  "a profile that was removed is gone");
  }
  return 0;
}
