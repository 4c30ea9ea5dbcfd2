#include "renewal.hpp"

#include "client_options.hpp"
#include "grant_options.hpp"
#include "options/value_check.hpp"
#include "output/dry_run.hpp"
#include "output/report.hpp"
#include "output/token_output.hpp"
#include "rotation.hpp"
#include "sign_in_hint.hpp"
#include "signals.hpp"

#include <oauth_token/caller_kept_token.hpp>
#include <oauth_token/exit_status.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/token_source.hpp>

#include <functional>
#include <memory>

#include <sys/stat.h>

namespace oauth_token::cli {
namespace {

std::chrono::seconds whole_seconds(const std::string& text) {
  const auto time = parse_seconds(text);
  return time ? std::chrono::ceil<std::chrono::seconds>(*time) : std::chrono::seconds(0);
}

Result<int> print(const Context& context, const Settings& settings, const Token& token,
                  std::string_view session) {
  if (auto printed = print_token(context, settings, token, session); !printed)
    return fail(std::move(printed.error()));
  return exit_done;
}

// The client, and the client's secret in it, is gone before the token is printed: a reader may be slow.

struct Renewed {
  Result<Token> token = {};
  std::optional<Token> unkept = {};
  std::string session = {};
};

Result<Renewed> renew_session(Context& context, const Settings& settings, bool renew_now) {
  auto tokens = open_session_tokens(context, settings);
  if (!tokens) return fail(std::move(tokens.error()));
  tokens->wanted.renew_now = renew_now;
  Renewed result;
  result.session = tokens->record->name;
  result.token = ask_for_token(context, settings, *tokens);
  result.unkept = tokens->source.take_unkept_token();
  return result;
}

Result<int> renew_session_and_print(Context& context, const Settings& settings, bool renew_now) {
  auto done = renew_session(context, settings, renew_now);
  if (!done) return fail(std::move(done.error()));
  if (!done->token)
    return print_unkept_token(context, settings, std::move(done->unkept), std::move(done->token.error()));
  return print(context, settings, *done->token, done->session);
}

RefreshTokenGrant grant_of(const SessionRecord& record) {
  RefreshTokenGrant grant{.refresh_token = Secret(stand_in), .resource = record.resource};
  for (const auto& [name, value] : record.parameters)
    grant.extra.push_back({.name = name, .value = Secret(value)});
  return grant;
}

/// Options that need a session.
Result<void> check_caller_keeps(const Settings& settings) {
  for (const OptionName name : {OptionName("min-valid"), OptionName("force"), OptionName("wait")}) {
    if (settings.origin(name) != Origin::flag) continue;
    return fail(ErrorClass::usage, "--" + std::string(name.option().name) + " needs a session.",
                "Leave it out where the caller keeps the refresh token.");
  }
  return {};
}

/// A file may have been renewed by another job while this one waited for it; a pipe cannot be read again.
std::function<Result<Secret>(std::stop_token)> read_again(const Settings& settings) {
  const std::string& file = settings.value("refresh-token-file");
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return [file](std::stop_token stop) { return read_secret_file(file, std::move(stop)); };
}

/// --dry-run: neither journal nor lock is touched.
Result<CallerKeptAnswer> show_refresh(CallerKeptRefresh& refresh, ClientRunOptions run,
                                      const std::stop_token& stop) {
  const auto client = make_client(refresh.client, std::move(run), stop);
  if (!client) return fail(client.error());
  auto token = client->request(std::move(refresh.grant), stop);
  if (!token) return fail(std::move(token.error()));
  return CallerKeptAnswer{.token = std::move(*token)};
}

Result<CallerKeptAnswer> refresh_for_caller(Context& context, const Settings& settings, Rotation& rotation) {
  auto settings_of_client = client_settings(context, settings);
  if (!settings_of_client) return fail(std::move(settings_of_client.error()));
  auto parameters = read_parameters(context, settings);
  if (!parameters) return fail(std::move(parameters.error()));
  auto refresh_token = read_refresh_token(context, settings);
  if (!refresh_token) return fail(std::move(refresh_token.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));

  CallerKeptRefresh refresh{.client = std::move(*settings_of_client),
                            .grant = {.refresh_token = std::move(*refresh_token),
                                      .scope = settings.list("scope"),
                                      .resource = settings.list("resource"),
                                      .extra = std::move(*parameters)},
                            .read_again = read_again(settings)};
  // Standard output is no place for one that comes with an error.
  if (rotation.has_place())
    refresh.deliver = [&rotation](const Secret& token, std::stop_token stop) {
      return rotation.deliver(token, std::move(stop));
    };
  if (settings.flag("dry-run")) return show_refresh(refresh, std::move(*run), context.stop());
  CallerKeptOptions options{.critical_part = hold_signals_back};
  if (settings.given("timeout")) options.refresh_timeout = run->timeout;
  options.client = std::move(*run);
  return renew_for_caller(std::move(refresh), std::move(options), context.stop());
}

Result<int> refresh_for_caller_and_print(Context& context, const Settings& settings) {
  if (auto checked = check_caller_keeps(settings); !checked) return fail(std::move(checked.error()));
  auto rotation = Rotation::prepare(settings);
  if (!rotation) return fail(std::move(rotation.error()));
  const auto answer = refresh_for_caller(context, settings, *rotation);
  if (!answer) return fail(answer.error());
  auto printed = print(context, settings, answer->token, "");
  if (answer->undelivered) {
    Error error = *answer->undelivered;
    error.sent = context.sent;
    return fail(std::move(error));
  }
  if (!printed) {
    if (!answer->kept_in.empty())
      printed.error().hint = "The new refresh token is kept in " + answer->kept_in +
                             ": run again with the old one, and it is printed.";
    return printed;
  }
  if (auto done = answer->handed_over(); !done) warn(context, done.error().message);
  return printed;
}

}  // namespace

Result<SessionTokens> open_session_tokens(Context& context, const Settings& settings) {
  auto given = session_options(context, settings);
  if (!given) return fail(std::move(given.error()));
  auto session = open_session(settings, std::move(*given));
  if (!session) return fail(std::move(session.error()));
  TokenSourceOptions wanted{.force = settings.flag("force"), .wait = whole_seconds(settings.value("wait"))};
  if (settings.given("min-valid")) wanted.min_valid = whole_seconds(settings.value("min-valid"));
  auto record = std::make_unique<const SessionRecord>(session->record());
  return SessionTokens{TokenSource(std::move(session)), wanted, std::move(record)};
}

Result<Token> ask_for_token(const Context& context, const Settings& settings, SessionTokens& tokens) {
  if (auto at_hand = tokens.source.token_at_hand(tokens.wanted)) return std::move(*at_hand);
  auto token = tokens.source.token(tokens.wanted, context.stop());
  if (token) return token;
  // What the library does behind its caller, the program ends with or waits for.
  if (token.error().error_class == ErrorClass::interrupted) token.error().message = "Interrupted.";
  return fail(with_sign_in_command(std::move(token.error()), settings, *tokens.record));
}

Result<int> show_renewal(Context& context, const Settings& settings) {
  return show_session_request(context, settings,
                              [&](const TokenClient& client, const SessionRecord& record) -> Result<void> {
                                auto token = client.request(grant_of(record), context.stop());
                                return token ? Result<void>() : fail(std::move(token.error()));
                              });
}

Result<int> renew_and_print(Context& context, const Settings& settings, bool renew_now) {
  if (settings.caller_keeps_token) return refresh_for_caller_and_print(context, settings);
  for (const OptionName name : {OptionName("write-refresh-token"), OptionName("on-rotation")}) {
    if (settings.origin(name) == Origin::flag) {
      return fail(ErrorClass::usage,
                  "--" + std::string(name.option().name) + " is for a refresh token that the caller keeps.",
                  "Add --refresh-token-file or another --refresh-token-... option.");
    }
  }
  if (settings.flag("dry-run")) return show_renewal(context, settings);
  return renew_session_and_print(context, settings, renew_now);
}

}  // namespace oauth_token::cli
