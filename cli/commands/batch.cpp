#include "batch/batch.hpp"

#include "commands.hpp"
#include "counted.hpp"
#include "options/value_check.hpp"
#include "output/dry_run.hpp"
#include "output/report.hpp"
#include "request/client_options.hpp"
#include "request/grant_options.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/interactive_sign_in.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

Result<int> users_descriptor(const Context& context, const Settings& settings) {
  const int descriptor = parse_whole_number(settings.value("users-fd")).value_or(context.input);
  if (::isatty(descriptor) == 0) return descriptor;
  return fail(ErrorClass::usage, "The list of users would come from the terminal.",
              "Give a list: oauth-token batch <users.csv, or --users-fd N.");
}

std::vector<Parameter> copy(const std::vector<Parameter>& parameters) {
  std::vector<Parameter> copied;
  copied.reserve(parameters.size());
  for (const Parameter& parameter : parameters)
    copied.push_back({.name = parameter.name, .value = parameter.value.copy()});
  return copied;
}

Result<BatchOptions> batch_options(const Context& context, const Settings& settings) {
  SessionRecord wanted{.scope = settings.list("scope"), .resource = settings.list("resource")};
  auto parameters = open_parameters(settings);
  if (!parameters) return fail(std::move(parameters.error()));
  wanted.parameters = std::move(*parameters);
  auto hidden = read_hidden_parameters(context, settings);
  if (!hidden) return fail(std::move(hidden.error()));
  BatchOptions options{.show_refresh_token = settings.flag("show-refresh-token")};
  if (const auto jobs = parse_whole_number(settings.value("jobs")))
    options.jobs = static_cast<std::size_t>(*jobs);
  if (settings.given("rate")) options.pause = pause_of_rate(settings.value("rate"));
  options.make_grant = [wanted = std::move(wanted),
                        shared = std::make_shared<const std::vector<Parameter>>(std::move(*hidden))](
                           std::string username, Secret password) {
    return password_grant(
        wanted, {.username = std::move(username), .password = std::move(password), .factors = copy(*shared)});
  };
  return options;
}

}  // namespace

Result<int> run_batch(Context& context, const Settings& settings) {
  auto wanted = client_settings(context, settings);
  if (!wanted) return fail(std::move(wanted.error()));
  const auto descriptor = users_descriptor(context, settings);
  if (!descriptor) return fail(descriptor.error());
  auto options = batch_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  // Waiting shows once for all of them.
  if (!settings.flag("verbose") && !settings.flag("dry-run")) run->decorate = {};
  // What is shown is sent one after another, and the time of one does not run while others are.
  if (run->decorate) options->jobs = 1;
  const auto client = make_client(*wanted, std::move(*run), context.stop());
  if (!client) return fail(client.error());
  if (auto checked = check_loopback_only(settings, *wanted); !checked)
    return fail(std::move(checked.error()));
  if (settings.flag("dry-run")) {
    const auto shown =
        client->request(options->make_grant(std::string(stand_in), Secret(stand_in)), context.stop());
    return shown ? Result<int>(0) : fail(shown.error());
  }

  const auto outcome = run_batch(context, *client, UserList(*descriptor), *options);
  if (!outcome) return fail(outcome.error());
  const bool is_empty = outcome->tokens + outcome->failures == 0;
  if (is_empty && context.stop().stop_requested())
    return fail(ErrorClass::interrupted, "Interrupted before the list of users named one.");
  if (is_empty)
    return fail(ErrorClass::usage, "The list of users is empty.",
                "See \"oauth-token batch --help\" for its form.");
  note(context, counted(outcome->tokens, "token") + ", " + counted(outcome->failures, "failure") + ".");
  return outcome->status;
}

}  // namespace oauth_token::cli
