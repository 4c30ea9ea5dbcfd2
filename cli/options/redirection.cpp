#include "redirection.hpp"

#include <oauth_token/http.hpp>

#include <string>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

bool uses_proof_of_profile(const Settings& settings) {
  for (std::size_t i = 0; i < option_count; ++i)
    if (settings.entries[i].origin == Origin::profile &&
        (holds_secret(option_table[i].alternative) || option_table[i].has(proof)))
      return true;
  return false;
}

// From the strongest to the weakest: what never leaves this machine, what does, nothing.
int strength(std::string_view method) {
  if (method == "none") return 0;
  return method == "client_secret_basic" || method == "client_secret_post" ? 1 : 2;
}

// What a variable may not make of the profile's own proofs.
Result<void> check_use_of_proofs(const Settings& settings, const Profile& profile) {
  const auto said = [&](const char* key) {
    const auto found = profile.values.find(key);
    return found == profile.values.end() ? std::string() : found->second.front();
  };
  const auto refused = [&](OptionName name, const std::string& theirs, const std::string& why) {
    return fail(ErrorClass::config,
                settings.where(name) + " says " + settings.value(name) + ", profile \"" + settings.profile +
                    "\" " + (theirs.empty() ? "does not" : "says " + theirs) + ": " + why,
                "Use --" + std::string(name.option().name) + " on the command line.");
  };
  const OptionName audience("assertion-audience");
  const std::string& asked = settings.value(audience);
  if (settings.origin(audience) == Origin::variable && asked != "issuer" && asked != "endpoint" &&
      asked != said("assertion-audience"))
    return refused(audience, said("assertion-audience"),
                   "a variable may not have the profile's key sign for another server.");
  const OptionName method("client-auth");
  const std::string own = said("client-auth");
  if (settings.origin(method) == Origin::variable && !own.empty() &&
      strength(settings.value(method)) < strength(own))
    return refused(method, own, "a variable may not weaken how the client proves itself.");
  return {};
}

}  // namespace

Result<void> check_redirection(const Settings& settings, const Profile& profile) {
  if (!uses_proof_of_profile(settings)) return {};
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
  return check_use_of_proofs(settings, profile);
}

Result<void> check_endpoints(const Settings& settings, const Profile& profile) {
  for (const OptionName name : {OptionName("introspection-endpoint"), OptionName("revocation-endpoint")}) {
    const std::string& asked = settings.value(name);
    const auto theirs = profile.values.find(name.option().name.view());
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
