#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "output.hpp"
#include "renewal.hpp"
#include "report.hpp"
#include "sign_in_hint.hpp"
#include "token_output.hpp"

#include <oauth_token/dpop.hpp>

#include <string_view>

namespace oauth_token::cli {
namespace {

DpopRequest request_of(const Settings& settings) {
  return {.method = settings.operands[0], .url = settings.operands[1], .nonce = settings.value("nonce")};
}

/// For the access token that is stored.
Result<int> print_proof(Context& context, const Settings& settings) {
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto session = open_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  auto proof = session->dpop_proof(request_of(settings), context.stop);
  if (!proof) return fail(with_sign_in_command(std::move(proof.error()), settings, session->record()));
  Result<void> written;
  if (output_form(settings) == "json" || settings.given("field")) {
    json::Writer object;
    object.begin_object().member("proof", proof->expose()).member("session", session->record().name);
    written = write_json_answer(context, settings, object.end_object().take());
  } else {
    written =
        write_answer(context, std::move(SecretBuffer().append(proof->expose()).append('\n')).take().expose());
  }
  if (!written) return fail(std::move(written.error()));
  return exit_done;
}

/// Both headers of the request, with a valid token.
Result<int> print_headers(Context& context, const Settings& settings) {
  auto tokens = open_session_tokens(context, settings);
  if (!tokens) return fail(std::move(tokens.error()));
  auto given = tokens->source.authorize(request_of(settings), tokens->wanted, context.stop);
  if (!given)
    return print_unkept_token(context, settings, tokens->source.take_unkept_token(),
                              with_sign_in_command(std::move(given.error()), settings, tokens->record));
  for (const std::string& sentence : given->token.warnings) warn(context, sentence);
  SecretBuffer headers;
  if (auto fits = append_authorization(headers, "DPoP", given->token); !fits)
    return fail(std::move(fits.error()));
  headers.append("DPoP: ").append(given->proof.expose()).append('\n');
  if (auto written = write_answer(context, headers.expose()); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace

Result<int> run_dpop_proof(Context& context, const Settings& settings) {
  const bool headers = output_form(settings) == "header" && !settings.given("field");
  if (!headers) return print_proof(context, settings);
  return settings.flag("dry-run") ? show_renewal(context, settings) : print_headers(context, settings);
}

}  // namespace oauth_token::cli
