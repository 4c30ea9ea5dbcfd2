#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {

/// The client authentication that `settings` describe: reads the client's secret or its signing key. `method`
/// is what effective_client_auth said, the endpoints are complete. Blocks. Errors as make_client.
Result<ClientAuthentication> make_authentication(const ClientSettings& settings, ClientRunOptions& options,
                                                 std::string_view method, std::stop_token stop);

/// Gives each sentence to the caller's `warn`, if there is one.
Result<void> pass_on(const std::vector<std::string>& warnings, const ClientRunOptions& options);

/// Where the passphrase of `file` comes from: `given` for this run, else the settings' own `source`, else a
/// person; empty: from nowhere. `setting` names a command in messages.
PassphraseSource passphrase_source(
    const SecretSource& source, const PassphraseSource& given,
    const std::function<Result<Secret>(const std::string&, std::stop_token)>& ask, const std::string& file,
    std::string_view setting);

}  // namespace oauth_token
