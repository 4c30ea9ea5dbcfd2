#include "redirection.hpp"

#include <oauth_token/http.hpp>

#include <string>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

bool uses_secret_of_profile(const Settings& settings) {
  for (std::size_t i = 0; i < option_count; ++i)
    if (settings.entries[i].origin == Origin::profile && holds_secret(option_table[i].alternative))
      return true;
  return false;
}

}  // namespace

Result<void> check_redirection(const Settings& settings, const Profile& profile) {
  if (!uses_secret_of_profile(settings)) return {};
  for (const OptionName server : {OptionName("issuer"), OptionName("token-endpoint")}) {
    if (settings.origin(server) != Origin::variable) continue;
    for (const char* const key : {"issuer", "token-endpoint"}) {
      const auto theirs = profile.values.find(key);
      if (theirs == profile.values.end() || theirs->second.front() == settings.value(server)) continue;
      return fail(ErrorClass::config,
                  settings.where(server) + " names " + settings.value(server) + ", profile \"" +
                      settings.profile + "\" names " + theirs->second.front() +
                      ": a variable may not send the profile's secrets to another server.",
                  "Use --" + std::string(server.option().name) + " on the command line.");
    }
  }
  return {};
}

Result<void> check_endpoints(const Settings& settings, const Profile& profile) {
  for (const OptionName name : {OptionName("introspection-endpoint"), OptionName("revocation-endpoint")}) {
    const std::string& asked = settings.value(name);
    const auto theirs = profile.values.find(name.option().name);
    if (settings.origin(name) != Origin::variable ||
        (theirs != profile.values.end() && theirs->second == std::vector{asked}))
      continue;
    auto url = parse_url(asked);
    if (!url) return fail(std::move(url.error()));
    std::string servers;
    bool same = false;
    for (const OptionName server : {OptionName("issuer"), OptionName("token-endpoint")}) {
      if (!settings.given(server)) continue;
      const auto other = parse_url(settings.value(server));
      same = same || (other && other->origin() == url->origin());
      servers += ", " + settings.where(server) + " names " + settings.value(server);
    }
    if (same || servers.empty()) continue;
    return fail(ErrorClass::config,
                settings.where(name) + " names " + asked + servers +
                    ": a variable may not send tokens to another server.",
                "Use --" + std::string(name.option().name) + " on the command line.");
  }
  return {};
}

}  // namespace oauth_token::cli
