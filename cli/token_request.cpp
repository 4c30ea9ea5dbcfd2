#include "token_request.hpp"

#include "client_options.hpp"
#include "dry_run.hpp"
#include "exit_status.hpp"
#include "grant_options.hpp"
#include "output.hpp"
#include "report.hpp"
#include "token_output.hpp"

#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr int attempts_at_a_prompt = 3;

/// Repeats `request` after class `credentials` as long as a person may be asked again.
Result<Token> request_with_patience(const Context& context, const SignInRequest& request,
                                    const std::function<Result<Token>(Grant)>& send) {
  for (int attempt = 1;; ++attempt) {
    auto grant = request.make_grant();
    if (!grant) return fail(std::move(grant.error()));
    auto token = send(std::move(*grant));
    const bool again = !token && token.error().error_class == ErrorClass::credentials &&
                       request.may_ask_again && attempt < attempts_at_a_prompt;
    if (!again) return token;
    std::string words = words_of_server(token.error());  // perhaps that the account is locked
    if (!words.empty()) words = " The server says: " + words + ".";
    note(context, token.error().message + words + " Try again (" + std::to_string(attempt + 1) + " of " +
                      std::to_string(attempts_at_a_prompt) + ").");
  }
}

bool answers_a_person(const Context& context, const Settings& settings) {
  return !settings.given("output") && !settings.given("field") && isatty(context.output) != 0;
}

void say_who_signed_in(const Context& context, const SessionRecord& record, const Token& token) {
  const std::string& server =
      record.client.issuer.empty() ? record.client.token_endpoint : record.client.issuer;
  std::string text = "Signed in";
  if (!record.username.empty()) text += " as " + record.username;
  text += " at " + server + " (session " + record.name + ")";
  text += token.expires_at ? ", token valid until " + time_text(*token.expires_at)
                           : ", token without a known end";
  note(context, text + (token.refresh_token.empty() ? ", not renewable." : ", renewable."));
}

Result<SessionRecord> wanted_session(const Context& context, const Settings& settings,
                                     const SignInRequest& request) {
  SessionRecord record{
      .name = settings.session, .grant_type = request.grant_type, .username = request.username};
  if (settings.given("store")) record.store = settings.value("store");
  if (record.store.starts_with("file")) record.store_key_file = settings.value("store-key-file");
  auto client = client_settings(context, settings);
  if (!client) return fail(std::move(client.error()));
  record.client = std::move(*client);
  auto parameters = open_parameters(settings);
  if (!parameters) return fail(std::move(parameters.error()));
  record.parameters = std::move(*parameters);
  record.scope = settings.list("scope");
  record.resource = settings.list("resource");
  return record;
}

Result<int> print_kept_token(const Context& context, const Settings& settings, const SessionRecord& record,
                             const Token& token) {
  if (answers_a_person(context, settings)) {
    for (const std::string& sentence : token.warnings) warn(context, sentence);
    say_who_signed_in(context, record, token);
    return exit_done;
  }
  if (auto printed = print_token(context, settings, token, record.name); !printed)
    return fail(std::move(printed.error()));
  return exit_done;
}

// The client, and the client's secret in it, is gone before the token is printed: a reader may be slow.

/// --store none and --dry-run: no session.
Result<Token> request_unkept(Context& context, const Settings& settings, const SignInRequest& request) {
  auto client = client_settings(context, settings);
  if (!client) return fail(std::move(client.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  const bool session_makes_key =
      settings.flag("dry-run") && !request.grant_type.empty() && settings.value("store") != "none";
  if (session_makes_key) {
    if (auto done = stand_in_for_dpop_key(*client, *run); !done) return fail(std::move(done.error()));
  }
  const auto sender = make_client(*client, std::move(*run), context.stop);
  if (!sender) return fail(sender.error());
  if (auto checked = check_loopback_only(settings, *client); !checked)  // now with what was discovered
    return fail(std::move(checked.error()));
  return request_with_patience(context, request,
                               [&](Grant grant) { return sender->request(std::move(grant), context.stop); });
}

struct SignedIn {
  Result<Token> token = {};
  std::optional<Token> unkept = {};
  SessionRecord record = {};
};

Result<SignedIn> sign_in(Context& context, const Settings& settings, const SignInRequest& request) {
  auto record = wanted_session(context, settings, request);
  if (!record) return fail(std::move(record.error()));
  auto session = session_options(context, settings);
  if (!session) return fail(std::move(session.error()));
  auto prepared =
      SignIn::prepare(std::move(*record), settings.flag("replace"), std::move(*session), context.stop);
  if (!prepared) return fail(std::move(prepared.error()));
  if (auto checked = check_loopback_only(settings, prepared->record().client); !checked)
    return fail(std::move(checked.error()));  // a discovered endpoint
  SignedIn result;
  result.token = request_with_patience(
      context, request, [&](Grant grant) { return prepared->request(std::move(grant), context.stop); });
  result.unkept = prepared->take_unkept_token();
  result.record = prepared->record();
  return result;
}

Result<int> request_and_print(Context& context, const Settings& settings, const SignInRequest& request) {
  const auto token = request_unkept(context, settings, request);
  if (!token) return fail(token.error());
  if (auto printed = print_token(context, settings, *token, ""); !printed)
    return fail(std::move(printed.error()));
  return exit_done;
}

}  // namespace

Result<int> request_and_print(Context& context, const Settings& settings, const GrantMaker& make_grant) {
  return request_and_print(context, settings, SignInRequest{.make_grant = make_grant});
}

Result<int> sign_in_and_print(Context& context, const Settings& settings, const SignInRequest& request) {
  if (settings.value("store") == "none" || settings.flag("dry-run"))
    return request_and_print(context, settings, request);
  auto done = sign_in(context, settings, request);
  if (!done) return fail(std::move(done.error()));
  if (!done->token)
    return print_unkept_token(context, settings, std::move(done->unkept), std::move(done->token.error()));
  return print_kept_token(context, settings, done->record, *done->token);
}

}  // namespace oauth_token::cli
