#include "dry_run.hpp"

#include "commands.hpp"
#include "report.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/json.hpp>

#include <string>
#include <utility>
#include <variant>

namespace oauth_token::cli {
namespace {

constexpr std::string_view metadata_path = "/.well-known/openid-configuration";

HttpResponse stand_in_metadata(const std::string& issuer) {
  json::Writer document;
  document.begin_object().member("issuer", issuer);
  for (const std::string_view name : {"token_endpoint", "introspection_endpoint", "revocation_endpoint"})
    document.member(name, issuer + "/" + std::string(stand_in) + "/" + std::string(name));
  return {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = document.end_object().take()};
}

void note_stand_in(const Context& context, const std::string& what) {
  note(context, what + " \"" + std::string(stand_in) + "\" stands for it.");
}

bool needs_client_secret(const Settings& settings) {
  if (settings.given("client-secret-file") || settings.given("client-secret-command")) return false;
  if (settings.given("client-auth")) return settings.value("client-auth").starts_with("client_secret_");
  const bool has_assertion = settings.given("client-assertion-file") ||
                             settings.given("client-assertion-command") || settings.given("signing-key");
  return settings.flag("client-secret-in-keyring") ||
         (settings.command->name == "client-credentials" && !has_assertion);
}

}  // namespace

Transport sending_nothing(Context& context) {
  return [&context](const HttpRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    if (!context.dry_run_shown) trace(context, describe(request));
    const std::string_view url = request.url;
    if (request.method == "GET" && url.ends_with(metadata_path)) {
      note_stand_in(context, "The server was not asked for its addresses:");
      return stand_in_metadata(std::string(url.substr(0, url.size() - metadata_path.size())));
    }
    context.dry_run_shown = true;
    return fail(ErrorClass::usage, "Nothing was sent, because of --dry-run.");
  };
}

void stand_in_for_client_secret(Context& context, const Settings& settings) {
  const bool of_session = settings.command->basis == Basis::session && !settings.caller_keeps_token;
  if (!settings.flag("dry-run") || of_session || context.variables.client_secret ||
      !needs_client_secret(settings))
    return;
  context.variables.client_secret.emplace(stand_in);
  note_stand_in(context, "The client secret was not read:");
}

Result<void> stand_in_for_dpop_key(const ClientSettings& client, ClientRunOptions& run) {
  if (client.dpop.use == DpopUse::none || !client.dpop.key.empty()) return {};
  auto key = SigningKey::generate("ES256");
  if (!key) return fail(std::move(key.error()));
  run.dpop_key = std::move(*key);
  return {};
}

Result<int> show_session_request(Context& context, const Settings& settings, const SendRequest& send) {
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  ClientRunOptions run = std::move(options->client);
  const auto session = open_session(settings, std::move(*options));
  if (!session) return fail(session.error());
  const SessionRecord& record = session->record();
  ClientSettings client_settings = record.client;
  const bool readable = std::holds_alternative<SecretFile>(client_settings.client_secret) ||
                        std::holds_alternative<SecretCommand>(client_settings.client_secret);
  if (client_settings.client_auth.starts_with("client_secret_") && !readable && run.client_secret.empty())
    run.client_secret = Secret(stand_in);
  note_stand_in(context, "The session's tokens were not read:");
  if (auto done = stand_in_for_dpop_key(client_settings, run); !done) return fail(std::move(done.error()));
  const auto client = make_client(client_settings, std::move(run), context.stop());
  if (!client) return fail(client.error());
  if (auto sent = send(*client, record); !sent) return fail(std::move(sent.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
