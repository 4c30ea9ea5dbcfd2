#include "commands.hpp"

#include <algorithm>
#include <initializer_list>

namespace oauth_token::cli {
namespace {

constexpr unsigned groups(std::initializer_list<Group> list) {
  unsigned bits = 0;
  for (const Group group : list) bits |= static_cast<unsigned>(group);
  return bits;
}

constexpr unsigned about_server =
    groups({Group::common, Group::server, Group::client, Group::transport, Group::trace});
constexpr unsigned about_tokens = about_server | groups({Group::grant, Group::output, Group::token_output});
constexpr unsigned about_sign_in =
    about_tokens | groups({Group::identity, Group::user, Group::store, Group::session, Group::replace});
constexpr unsigned about_renewal =
    about_tokens | groups({Group::session, Group::kept, Group::wait, Group::cache, Group::identity});
constexpr unsigned about_session = about_server | groups({Group::session});
constexpr unsigned about_records = groups({Group::common, Group::session});

constexpr Literal token_forms = "token|json|header|env|github|none";
constexpr Literal silent_forms = "none|json";  // json: of errors
constexpr Literal readable_forms = "text|json";

constexpr Command command_table[] = {
    {"password", "[PROFILE]", "sign in with user name and password; keep the session", about_sign_in,
     token_forms, 0, 1, Basis::profile,
     "  oauth-token password work\n"
     "  oauth-token password --issuer https://as.example --client-id app --scope read\n",
     run_password},
    {"token", "[SESSION]", "print a valid access token, renewed if need be",
     about_renewal | groups({Group::age}), token_forms, 0, 1, Basis::session,
     "  oauth-token token work -o header | curl --fail -H @- https://api.example/items\n"
     "  oauth-token token work --min-valid 600\n",
     run_token},
    {"refresh", "[SESSION]", "renew now, whatever the age of the access token",
     about_renewal | groups({Group::force}), token_forms, 0, 1, Basis::session,
     "  oauth-token refresh work\n"
     "  oauth-token refresh work --refresh-token-file rt --write-refresh-token rt\n",
     run_refresh},
    {"exec", "[SESSION] -- COMMAND...", "run COMMAND with a valid access token",
     about_session | groups({Group::grant, Group::identity, Group::age, Group::wait, Group::cache,
                             Group::exec, Group::output}),
     silent_forms, 0, 1, Basis::session,
     "  oauth-token exec work -- ./deploy.sh        # finds it in $ACCESS_TOKEN\n"
     "  oauth-token exec work --header-fd 3 -- curl -H @/dev/fd/3 https://api.example/\n",
     run_exec, true},
    {"client-credentials", "[PROFILE]", "request a token for the client itself", about_tokens, token_forms, 0,
     1, Basis::profile,
     "  oauth-token client-credentials work --scope read\n"
     "  oauth-token client-credentials work -o json\n",
     run_client_credentials},
    {"request", "GRANT_TYPE [PROFILE]", "request a token with any other grant type", about_sign_in,
     token_forms, 1, 2, Basis::profile,
     "  oauth-token request urn:ietf:params:oauth:grant-type:jwt-bearer work \\\n"
     "      --param-file assertion=assertion.jwt\n"
     "  oauth-token request http://auth0.com/oauth/grant-type/password-realm work \\\n"
     "      --username alice --param realm=employees --session alice\n",
     run_request},
    {"batch", "[PROFILE]", "request tokens for a list of users, many at a time",
     about_server | groups({Group::grant, Group::batch, Group::token_output}), "", 0, 1, Basis::profile,
     "  oauth-token batch work <users.csv >tokens.jsonl      # username,password\n"
     "  oauth-token batch work --jobs 64 --rate 200 --users-fd 3 3<users.jsonl\n",
     run_batch},
    {"assertion", "[PROFILE]", "print a fresh client assertion (RFC 7523)",
     about_server | groups({Group::output}), "token|json", 0, 1, Basis::profile,
     "  oauth-token assertion work\n"
     "  oauth-token assertion work --signing-key key.pem -o json\n",
     run_assertion},
    {"dpop-proof", "METHOD URL [SESSION]", "print a DPoP proof for a request to an API (RFC 9449)",
     about_session | groups({Group::dpop_proof, Group::age, Group::wait, Group::output}), "token|json|header",
     2, 3, Basis::session,
     "  oauth-token dpop-proof GET https://api.example/items work -o header |\n"
     "      curl --fail -H @- https://api.example/items\n"
     "  oauth-token dpop-proof GET https://api.example/items work --nonce \"$nonce\"\n",
     run_dpop_proof},
    {"introspect", "[SESSION]", "ask the server about the token; status 4: not active",
     about_session | groups({Group::output}), "json", 0, 1, Basis::session,
     "  oauth-token introspect work\n"
     "  oauth-token introspect work --field username\n",
     run_introspect},
    {"revoke", "[SESSION]", "let the server revoke a session's tokens; forget them",
     about_session | groups({Group::output}), silent_forms, 0, 1, Basis::session,
     "  oauth-token revoke work\n"
     "  oauth-token revoke work --timeout 5\n",
     run_revoke},
    {"list", "", "list the sessions", groups({Group::common, Group::output}), readable_forms, 0, 0,
     Basis::none,
     "  oauth-token list\n"
     "  oauth-token list -o json\n",
     run_list},
    {"show", "[SESSION]", "show what is recorded of a session; no secrets",
     about_records | groups({Group::output}), readable_forms, 0, 1, Basis::none,
     "  oauth-token show work\n"
     "  oauth-token show work -o json --field username\n",
     run_show},
    {"forget", "[SESSION]", "erase a session without asking the server",
     about_records | groups({Group::output}), silent_forms, 0, 1, Basis::none,
     "  oauth-token forget work\n"
     "  oauth-token forget work --store-timeout 2\n",
     run_forget},
    {"store move", "SESSION STORE", "move a session's tokens: keyring, file or file:FOLDER",
     about_records | groups({Group::output}), silent_forms, 2, 2, Basis::first_session,
     "  oauth-token store move work keyring\n"
     "  oauth-token store move work file --store-key-file ~/.config/store.key\n",
     run_store_move},
    {"profile set", "PROFILE", "write settings into the configuration file",
     groups({Group::common, Group::profile_keys, Group::profile_edit, Group::output}), silent_forms, 1, 1,
     Basis::none,
     "  oauth-token profile set work --issuer https://as.example --client-id app\n"
     "  oauth-token profile set work --client-secret-stdin <secret.txt\n",
     run_profile_set},
    {"profile list", "", "list the profiles", groups({Group::common, Group::output}), readable_forms, 0, 0,
     Basis::none,
     "  oauth-token profile list\n"
     "  oauth-token profile list -o json\n",
     run_profile_list},
    {"profile show", "[PROFILE]", "show a profile", groups({Group::common, Group::output}), readable_forms, 0,
     1, Basis::none,
     "  oauth-token profile show work\n"
     "  oauth-token profile show work -o json\n",
     run_profile_show},
    {"profile remove", "PROFILE", "remove a profile, and its client secret from the keyring",
     groups({Group::common, Group::output}), silent_forms, 1, 1, Basis::none,
     "  oauth-token profile remove work\n"
     "  oauth-token profile remove work --config ./config.toml\n",
     run_profile_remove},
    {"discover", "[PROFILE]", "print the server's metadata, checked", about_server | groups({Group::output}),
     "json", 0, 1, Basis::profile,
     "  oauth-token discover --issuer https://as.example\n"
     "  oauth-token discover work --field token_endpoint\n",
     run_discover},
    {"doctor", "[PROFILE]", "check configuration, store, clock, network and server",
     groups({Group::common, Group::server, Group::client, Group::transport, Group::store, Group::session,
             Group::output}),
     readable_forms, 0, 1, Basis::examined,
     "  oauth-token doctor work\n"
     "  oauth-token doctor --issuer https://as.example -o json\n",
     run_doctor},
    {"completion", "bash|zsh|fish", "print the completion script of a shell", groups({Group::common}), "", 1,
     1, Basis::none,
     "  source <(oauth-token completion bash)\n"
     "  oauth-token completion fish >~/.config/fish/completions/oauth-token.fish\n",
     run_completion},
};

struct GroupSummary {
  std::string_view group;
  std::string_view summary;
};
constexpr GroupSummary group_summaries[] = {{"profile", "settings in the configuration file"},
                                            {"store", "where the tokens are kept"}};

constexpr std::string_view summary_of(std::string_view group) {
  for (const GroupSummary& each : group_summaries)
    if (each.group == group) return each.summary;
  return {};
}
static_assert(std::ranges::all_of(command_table, [](const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == std::string_view::npos || !summary_of(command.name.substr(0, space)).empty();
}));

}  // namespace

bool Command::takes(const Option& option) const noexcept {
  if (option.has(hidden) || (option.name == "field" && forms == silent_forms)) return false;
  const bool as_key = (groups & static_cast<unsigned>(Group::profile_keys)) != 0 && option.has(profile);
  return as_key || (groups & static_cast<unsigned>(option.group)) != 0;
}

std::span<const Command> commands() noexcept { return command_table; }

const Command* find_command(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(command_table, name, &Command::name);
  return found == std::ranges::end(command_table) ? nullptr : found;
}

std::string_view group_of(const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == std::string_view::npos ? std::string_view() : command.name.substr(0, space);
}

std::string_view name_in_group(const Command& command) {
  return command.name.substr(command.name.find(' ') + 1);  // npos + 1 is 0
}

std::vector<const Command*> group_commands(std::string_view group) {
  std::vector<const Command*> members;
  for (const Command& command : command_table)
    if (!group.empty() && group_of(command) == group) members.push_back(&command);
  return members;
}

std::string_view group_summary(std::string_view group) { return summary_of(group); }

}  // namespace oauth_token::cli
