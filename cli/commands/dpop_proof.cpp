#include "commands.hpp"
#include "output/output.hpp"
#include "output/report.hpp"
#include "output/token_output.hpp"
#include "request/client_options.hpp"
#include "request/renewal.hpp"
#include "request/sign_in_hint.hpp"

#include <oauth_token/dpop.hpp>
#include <oauth_token/exit_status.hpp>

#include <optional>
#include <string>
#include <utility>

namespace oauth_token::cli {
namespace {

DpopRequest request_of(const Settings& settings) {
  return {.method = settings.operands[0], .url = settings.operands[1], .nonce = settings.value("nonce")};
}

// The session, and the key in it, is gone before anything is printed: a reader may be slow.

/// For the access token that is stored.
Result<Secret> make_proof(Context& context, const Settings& settings) {
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto session = open_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  auto proof = session->dpop_proof(request_of(settings), context.stop());
  if (proof) return proof;
  return fail(with_sign_in_command(std::move(proof.error()), settings, session->record()));
}

Result<int> print_proof(Context& context, const Settings& settings) {
  const auto proof = make_proof(context, settings);
  if (!proof) return fail(proof.error());
  json::Writer object;
  object.begin_object().member("proof", proof->expose()).member("session", settings.session).end_object();
  if (auto written = write_line_or_json(context, settings, *proof, object.take()); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

struct Authorized {
  Result<DpopAuthorization> given = {};
  std::optional<Token> unkept = {};
};

Result<Authorized> authorize(Context& context, const Settings& settings) {
  auto tokens = open_session_tokens(context, settings);
  if (!tokens) return fail(std::move(tokens.error()));
  Authorized result;
  result.given = tokens->source.authorize(request_of(settings), tokens->wanted, context.stop());
  result.unkept = tokens->source.take_unkept_token();
  if (!result.given)
    result.given = fail(with_sign_in_command(std::move(result.given.error()), settings, *tokens->record));
  return result;
}

/// Both headers of the request, with a valid token.
Result<int> print_headers(Context& context, const Settings& settings) {
  auto done = authorize(context, settings);
  if (!done) return fail(std::move(done.error()));
  if (!done->given)
    return print_unkept_token(context, settings, std::move(done->unkept), std::move(done->given.error()));
  const DpopAuthorization& given = *done->given;
  for (const std::string& sentence : given.token.warnings) warn(context, sentence);
  SecretBuffer headers;
  if (auto fits = append_authorization(headers, "DPoP", given.token); !fits)
    return fail(std::move(fits.error()));
  headers.append("DPoP: ").append(given.proof.expose()).append('\n');
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
