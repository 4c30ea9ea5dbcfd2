#pragma once

#include "options/settings.hpp"
#include "terminal/secret_input.hpp"

#include <optional>

namespace oauth_token::cli {

/// The options that say where one secret comes from.
struct SecretOptions {
  OptionName file;
  OptionName command;
  std::optional<OptionName> standard_input = {};
  std::optional<OptionName> descriptor = {};
  std::optional<OptionName> askpass = {};
};

/// What those of them say that were given on the command line, in the environment or in the profile.
SecretPlaces secret_places(const Settings& settings, const SecretOptions& options, Origin origin);

}  // namespace oauth_token::cli
