#include "sign_in_command.hpp"

#include "base/characters.hpp"
#include "profile/profile_settings.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

using Values = std::vector<std::string>;

/// What one option has to come to.
struct Wanted {
  OptionName name;
  Values values = {};
  Values default_values = {};  ///< what it comes to where nobody says anything
};

Values optional(const std::string& value) { return value.empty() ? Values() : Values{value}; }

template <class Pairs>
Values joined_pairs(const Pairs& pairs, const char* between) {
  Values texts;
  for (const auto& [name, value] : pairs) texts.push_back(name + (between + value));
  return texts;
}

template <class Kept>
Values value_of(const SecretSource& source, std::string Kept::*value) {
  const auto* const kept = std::get_if<Kept>(&source);
  if (kept == nullptr) return {};
  return {kept->*value};
}

void add_source(std::vector<Wanted>& all, const SecretSource& source, OptionName file, OptionName command) {
  all.push_back({file, value_of(source, &SecretFile::path)});
  all.push_back({command, value_of(source, &SecretCommand::command)});
}

std::string usual_client_auth(const ClientSettings& client) {
  if (!std::holds_alternative<std::monostate>(client.client_secret)) return "client_secret_basic";
  const bool has_assertion =
      !client.assertion.key.empty() || !std::holds_alternative<std::monostate>(client.client_assertion);
  return has_assertion ? "private_key_jwt" : "none";
}

/// What client assertions, certificates and DPoP need.
void add_proofs(std::vector<Wanted>& all, const ClientSettings& client) {
  const AssertionSettings& assertion = client.assertion;
  const auto lifetime = [](const AssertionSettings& of) {
    return Values{std::to_string(of.lifetime.count())};
  };
  all.push_back({"signing-key", optional(assertion.key)});
  all.push_back({"signing-key-id", optional(assertion.key_id)});
  all.push_back({"signing-alg", optional(assertion.algorithm)});
  add_source(all, assertion.key_passphrase, "signing-key-passphrase-file", "signing-key-passphrase-command");
  all.push_back({"assertion-audience", optional(assertion.audience)});
  all.push_back({"assertion-lifetime", lifetime(assertion), lifetime(AssertionSettings())});
  all.push_back({"assertion-type", optional(assertion.type)});
  all.push_back({"assertion-nbf", assertion.not_before ? Values{"true"} : Values()});
  all.push_back({"tls-cert", optional(client.certificate.certificate)});
  all.push_back({"tls-key", optional(client.certificate.key)});
  add_source(all, client.certificate.key_passphrase, "tls-key-passphrase-file", "tls-key-passphrase-command");
  all.push_back({"dpop", optional(std::string(to_string(client.dpop.use)))});
  all.push_back({"dpop-key", optional(client.dpop.key)});
}

std::vector<Wanted> client_of(const ClientSettings& client) {
  std::vector<Wanted> all = {
      {"client-id", optional(client.client_id)},
      {"client-auth", optional(client.client_auth), {usual_client_auth(client)}},
      {"basic-encoding", {client.basic_encoding == BasicEncoding::raw ? "raw" : "form"}, {"form"}}};
  add_source(all, client.client_secret, "client-secret-file", "client-secret-command");
  const bool in_keyring = std::holds_alternative<SecretInKeyring>(client.client_secret);
  all.push_back({"client-secret-in-keyring", in_keyring ? Values{"true"} : Values()});
  add_source(all, client.client_assertion, "client-assertion-file", "client-assertion-command");
  add_proofs(all, client);
  Values headers;
  for (const HttpHeader& header : client.headers) headers.push_back(header.name + ": " + header.value);
  all.push_back({"header", std::move(headers)});
  all.push_back({"cacert", optional(client.ca_file)});
  all.push_back({"proxy", client.proxy ? Values{*client.proxy} : Values()});
  all.push_back({"lenient", client.lenient ? Values{"true"} : Values()});
  return all;
}

std::vector<Wanted> rest_of(const SessionRecord& record) {
  std::vector<Wanted> all = {{"username", optional(record.username)},
                             {"scope", record.scope},
                             {"resource", record.resource},
                             {"param", joined_pairs(record.parameters, "=")},
                             {"store", {record.store}, {"keyring"}}};
  if (is_file_store(record.store)) all.push_back({"store-key-file", optional(record.store_key_file)});
  return all;
}

std::vector<Wanted> server_of(const ClientSettings& client, bool with_found_endpoints) {
  std::vector<Wanted> all = {{"issuer", optional(client.issuer)}};
  if (!client.issuer.empty() && !with_found_endpoints) return all;
  all.push_back({"token-endpoint", optional(client.token_endpoint)});
  all.push_back({"introspection-endpoint", optional(client.introspection_endpoint)});
  all.push_back({"revocation-endpoint", optional(client.revocation_endpoint)});
  return all;
}

/// A proxy's password is the person's to fill in: the command goes to a terminal, or into a log.
std::string without_secret(OptionName name, const std::string& value) {
  const std::size_t at = value.rfind('@');
  if (name.option().name != "proxy" || at == std::string::npos) return value;
  const std::size_t scheme = value.find("://");
  return value.substr(0, scheme == std::string::npos ? 0 : scheme + 3) + "USER:PASSWORD" + value.substr(at);
}

/// One way to put the command together: from a profile, or without.
class SignInCommand {
 public:
  SignInCommand(const Settings& profile, const SessionRecord& record) : profile_(profile), record_(record) {}

  /// Nothing where the profile says what no option can take back, or does not say what none can.
  std::optional<std::string> options() {
    add_server();
    for (const Wanted& wanted : client_of(record_.client)) add(wanted);
    for (const Wanted& wanted : rest_of(record_)) add(wanted);
    return fits_ ? std::optional(text_) : std::nullopt;
  }

  /// After options(): where no profile has what the keyring holds.
  [[nodiscard]] std::string options_with_secret_file() const { return text_ + " --client-secret-file FILE"; }

  [[nodiscard]] std::string text(const std::string& options, bool by_name) const {
    const bool password = record_.grant_type == "password";
    std::string text =
        password ? "oauth-token password" : "oauth-token request " + shell_word(record_.grant_type);
    if (by_name) text += " " + profile_.profile;
    const std::string& asked = profile_.value("session");
    const std::string& usual = !asked.empty()             ? asked
                               : profile_.profile.empty() ? "default"
                                                          : profile_.profile;
    text += options;
    return password && usual == record_.name ? text : text + " --session " + record_.name;
  }

 private:
  void write(const Wanted& wanted) {
    const Option& option = wanted.name.option();
    for (const std::string& value : wanted.values) {
      text_ += " --" + std::string(option.name);
      if (option.kind == Kind::choice_flag) text_ += "=" + value;
      if (!option.stands_alone()) text_ += " " + shell_word(without_secret(wanted.name, value));
    }
  }

  void add(const Wanted& wanted) {
    Values said = profile_.list(wanted.name);
    if (wanted.name.option().kind == Kind::flag && said == Values{"false"}) said.clear();
    if (said == wanted.values || (said.empty() && wanted.values == wanted.default_values)) return;
    if (!wanted.values.empty() && !wanted.name.option().has(hidden)) return write(wanted);
    // Another place for the same secret hides the profile's.
    fits_ = fits_ && wanted.values.empty() && (said.empty() || is_hidden(wanted.name.option().alternative));
  }

  [[nodiscard]] bool is_hidden(Alternative set) const {
    const ClientSettings& client = record_.client;
    const SecretSource& source =
        set == Alternative::client_secret ? client.client_secret : client.client_assertion;
    return (set == Alternative::client_secret || set == Alternative::client_assertion) &&
           (std::holds_alternative<SecretFile>(source) || std::holds_alternative<SecretCommand>(source));
  }

  /// A server that is named by an option hides all that the profile says of servers.
  void add_server() {
    const auto agrees = [&](const Wanted& wanted) {
      return !profile_.given(wanted.name) || profile_.list(wanted.name) == wanted.values;
    };
    const std::vector<Wanted> found = server_of(record_.client, true);
    const std::vector<Wanted> named = server_of(record_.client, false);
    const bool is_said =
        profile_.given("issuer") || (record_.client.issuer.empty() && profile_.given("token-endpoint"));
    const bool from_profile = is_said && std::all_of(found.begin(), found.end(), agrees);
    for (const Wanted& wanted : named)
      if (!from_profile || !profile_.given(wanted.name)) write(wanted);
  }

  const Settings& profile_;
  const SessionRecord& record_;
  std::string text_ = {};
  bool fits_ = true;
};

Settings read_profile(const Settings& run, const ProfileFile& file, std::string_view name) {
  const Profile* const profile = file.find(name);
  if (profile == nullptr) return {};
  auto settings = profile_settings(run, *profile, file.path);
  return settings ? std::move(*settings) : Settings();
}

/// In the keyring: only a profile can say that it is there.
bool has_secret_of(const Settings& profile, const ClientSettings& client) {
  return std::holds_alternative<SecretInKeyring>(client.client_secret) &&
         profile.flag("client-secret-in-keyring") && profile.value("client-id") == client.client_id &&
         profile.value("issuer") == client.issuer &&
         (!client.issuer.empty() || profile.value("token-endpoint") == client.token_endpoint);
}

}  // namespace

std::string sign_in_command(const Settings& run, const ProfileFile& file, const SessionRecord& record) {
  const Settings own = read_profile(run, file, record.name);
  if (SignInCommand command(own, record); !own.profile.empty())
    if (const auto options = command.options()) return command.text(*options, true);
  // Without an operand the profile "default" counts, if there is one.
  const Settings usual = read_profile(run, file, "default");
  if (SignInCommand command(usual, record); const auto options = command.options())
    return command.text(*options, false);
  for (const Profile& profile : file.profiles) {
    const Settings other = read_profile(run, file, profile.name);
    if (!has_secret_of(other, record.client)) continue;
    if (SignInCommand command(other, record); const auto options = command.options())
      return command.text(*options, true);
  }
  const Settings none;
  SignInCommand command(none, record);
  const auto options = command.options();
  return command.text(options ? *options : command.options_with_secret_file(), false);
}

std::string shell_word(std::string_view word) {
  bool plain = !word.empty();
  for (const char c : word)
    plain =
        plain && (is_letter_or_digit(c) || std::string_view("_@%+=:,./-").find(c) != std::string_view::npos);
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace oauth_token::cli
