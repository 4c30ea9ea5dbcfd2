#include "token_request.hpp"

#include "client_options.hpp"
#include "grant_options.hpp"
#include "output/dry_run.hpp"
#include "output/output.hpp"
#include "output/report.hpp"
#include "output/server_words.hpp"
#include "output/token_output.hpp"

#include <oauth_token/exit_status.hpp>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr int attempts_at_a_prompt = 3;

std::string what_was_wrong(const SignInQuestion& question) {
  if (!question.refused) return "";
  std::string words = words_of_server(*question.refused);  // perhaps that the account is locked
  if (!words.empty()) words = " The server says: " + words + ".";
  return question.refused->message + words + " Try again (" + std::to_string(question.attempt) + " of " +
         std::to_string(question.attempts) + ").";
}

/// Reads what the request lacks from where the settings say, else asks at the terminal.
Result<SignInAnswer> answer_of(Context& context, const Settings& settings, const TokenRequest& request,
                               const SignInQuestion& question) {
  SignInAnswer answer{.username = question.username};
  if (request.with_password) {
    auto password =
        read_password(context, settings, question.username, question.server, what_was_wrong(question));
    if (!password) return fail(std::move(password.error()));
    answer.password = std::move(*password);
  }
  auto parameters = read_hidden_parameters(context, settings);
  if (!parameters) return fail(std::move(parameters.error()));
  answer.factors = std::move(*parameters);
  return answer;
}

AskPerson person_at_the_terminal(Context& context, const Settings& settings, const TokenRequest& request) {
  return [&](const SignInQuestion& question, const std::function<void(Result<SignInAnswer>)>& answer) {
    answer(answer_of(context, settings, request, question));
  };
}

int attempts_at(const TokenRequest& request) { return request.may_ask_again ? attempts_at_a_prompt : 1; }

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
                                     const TokenRequest& request) {
  SessionRecord record{
      .name = settings.session, .grant_type = request.grant_type, .username = request.username};
  if (settings.given("store")) record.store = settings.value("store");
  if (is_file_store(record.store)) record.store_key_file = settings.value("store-key-file");
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

/// No session. `for_session`: --dry-run shows the request of one.
Result<Token> request_unkept(Context& context, const Settings& settings, const TokenRequest& request,
                             bool for_session) {
  auto wanted = wanted_session(context, settings, request);
  if (!wanted) return fail(std::move(wanted.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  SignInQuestion question = sign_in_question(*wanted);
  question.attempts = attempts_at(request);
  if (for_session) {
    if (auto done = stand_in_for_dpop_key(wanted->client, *run); !done) return fail(std::move(done.error()));
  }
  const auto client = make_client(wanted->client, std::move(*run), context.stop());
  if (!client) return fail(client.error());
  if (auto checked = check_loopback_only(settings, wanted->client); !checked)  // now with what was discovered
    return fail(std::move(checked.error()));
  const auto send = [&](SignInAnswer answer) {
    return client->request(request.make_grant ? request.make_grant(*wanted, std::move(answer))
                                              : password_grant(*wanted, std::move(answer)),
                           context.stop());
  };
  return request_interactively(std::move(question), person_at_the_terminal(context, settings, request), send,
                               context.stop());
}

struct SignedIn {
  Result<Token> token = {};
  std::optional<Token> unkept = {};
  SessionRecord record = {};
};

Result<SignedIn> sign_in(Context& context, const Settings& settings, const TokenRequest& request) {
  auto wanted = wanted_session(context, settings, request);
  if (!wanted) return fail(std::move(wanted.error()));
  auto session = session_options(context, settings);
  if (!session) return fail(std::move(session.error()));
  InteractiveSignIn sign_in({.wanted = std::move(*wanted),
                             .replace = settings.flag("replace"),
                             .session = std::move(*session),
                             .attempts = attempts_at(request),
                             .make_grant = request.make_grant},
                            person_at_the_terminal(context, settings, request));
  if (auto prepared = sign_in.prepare(context.stop()); !prepared) return fail(std::move(prepared.error()));
  if (auto checked = check_loopback_only(settings, sign_in.record().client); !checked)
    return fail(std::move(checked.error()));  // a discovered endpoint
  SignedIn result;
  result.token = sign_in.run(context.stop());
  result.unkept = sign_in.take_unkept_token();
  result.record = sign_in.record();
  return result;
}

Result<int> request_and_print(Context& context, const Settings& settings, const TokenRequest& request,
                              bool for_session) {
  const auto token = request_unkept(context, settings, request, for_session);
  if (!token) return fail(token.error());
  if (auto printed = print_token(context, settings, *token, ""); !printed)
    return fail(std::move(printed.error()));
  return exit_done;
}

}  // namespace

Result<int> request_and_print(Context& context, const Settings& settings, const TokenRequest& request) {
  return request_and_print(context, settings, request, false);
}

Result<int> sign_in_and_print(Context& context, const Settings& settings, const TokenRequest& request) {
  const bool kept = settings.value("store") != "none";
  if (!kept || settings.flag("dry-run")) return request_and_print(context, settings, request, kept);
  auto done = sign_in(context, settings, request);
  if (!done) return fail(std::move(done.error()));
  if (!done->token)
    return print_unkept_token(context, settings, std::move(done->unkept), std::move(done->token.error()));
  return print_kept_token(context, settings, done->record, *done->token);
}

}  // namespace oauth_token::cli
