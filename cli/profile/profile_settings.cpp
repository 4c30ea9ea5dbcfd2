#include "profile_settings.hpp"

#include "options/help.hpp"
#include "options/parameter_rules.hpp"
#include "options/value_check.hpp"
#include "request/client_options.hpp"
#include "request/grant_options.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/http.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace oauth_token::cli {
namespace {

bool is_key(const Option& option) { return option.has(Trait::profile) || option.has(Trait::hidden); }

Result<void> check_urls(const Settings& profile) {
  for (const OptionName name : {OptionName("issuer"), OptionName("token-endpoint"),
                                OptionName("introspection-endpoint"), OptionName("revocation-endpoint")}) {
    if (!profile.given(name)) continue;
    if (auto url = parse_url(profile.value(name)); !url) {
      url.error().message = std::string(name.option().name) + ": " + url.error().message;
      return fail(std::move(url.error()));
    }
  }
  return {};
}

Result<void> check_parameters(const Settings& profile) {
  if (auto open = open_parameters(profile); !open) return fail(std::move(open.error()));
  for (const OptionName name : {OptionName("param-file"), OptionName("prompt-param")})
    for (const std::string& text : profile.list(name))
      if (auto checked = check_parameter_name(text.substr(0, text.find('=')), true); !checked)
        return fail(profile.about(name, std::move(checked.error())));
  return {};
}

// A secret or an assertion may still come from elsewhere in each run.
bool comes_later(const ClientSettings& client) {
  const auto missing = [](const SecretSource& source) {
    return std::holds_alternative<std::monostate>(source);
  };
  if (client.client_auth == "private_key_jwt")
    return missing(client.client_assertion) && client.assertion.key.empty();
  return client.client_auth.starts_with("client_secret_") && missing(client.client_secret);
}

}  // namespace

Result<Settings> profile_settings(const Settings& run, const Profile& profile, const std::string& path) {
  Settings settings;
  settings.command = run.command;
  settings.profile = profile.name;
  const std::string folder = path.substr(0, std::min(path.rfind('/'), path.size()));
  for (std::size_t i = 0; i < option_count; ++i) {
    const Option& option = option_table[i];
    if (!is_key(option)) {
      settings.entries[i] = run.entries[i];
      continue;
    }
    const auto values = profile.values.find(option.name.view());
    if (values == profile.values.end()) continue;
    for (const std::string& value : values->second) {
      const std::string where = std::string(option.name) + " in profile \"" + profile.name + "\"";
      auto checked = check_value(option, value, where, folder, ErrorClass::config);
      if (!checked) return fail(with_help(std::move(checked.error()), *run.command));
      settings.entries[i].origin = Origin::profile;
      for (std::string& text : *checked) settings.entries[i].values.push_back(std::move(text));
    }
  }
  return settings;
}

Result<void> check_profile(const Context& context, const Settings& profile) {
  if (auto checked = check_urls(profile); !checked) return checked;
  if (auto checked = check_parameters(profile); !checked) return checked;
  if (!profile.given("issuer") && !profile.given("token-endpoint")) return {};
  const auto client = client_settings(context, profile);
  if (!client) return fail(client.error());
  if (client->client_id.empty() || comes_later(*client)) return {};
  if (auto method = effective_client_auth(*client, false); !method) return fail(std::move(method.error()));
  return {};
}

}  // namespace oauth_token::cli
