#include "secret_options.hpp"

#include "options/value_check.hpp"

#include <string>

namespace oauth_token::cli {

SecretPlaces secret_places(const Settings& settings, const SecretOptions& options, Origin origin) {
  const auto value_of = [&](const std::optional<OptionName>& name) -> std::optional<std::string> {
    if (!name || settings.origin(*name) != origin) return std::nullopt;
    return settings.value(*name);
  };
  SecretPlaces places;
  places.standard_input = value_of(options.standard_input).has_value();
  if (const auto number = value_of(options.descriptor)) places.descriptor = parse_whole_number(*number);
  places.file = value_of(options.file);
  places.command = value_of(options.command);
  places.askpass = value_of(options.askpass);
  return places;
}

}  // namespace oauth_token::cli
