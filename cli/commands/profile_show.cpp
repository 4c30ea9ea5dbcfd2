#include "commands.hpp"
#include "output/output.hpp"
#include "output/table.hpp"
#include "profile/profile_file.hpp"
#include "profile/profile_output.hpp"

#include <oauth_token/exit_status.hpp>

#include <cstdlib>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

std::string asked_profile(const Settings& settings) {
  if (!settings.operands.empty()) return settings.operands.front();
  const char* const name = std::getenv("OAUTH_TOKEN_PROFILE");  // NOLINT(concurrency-mt-unsafe)
  return name == nullptr || *name == '\0' ? "default" : name;
}

std::string as_table(const Profile& profile) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, values] : profile.values) {
    std::string all;
    for (const std::string& value : values) all += (all.empty() ? "" : ", ") + value;
    rows.push_back({key, all});
  }
  return table(rows);
}

}  // namespace

Result<int> run_profile_show(Context& context, const Settings& settings) {
  const std::string name = asked_profile(settings);
  if (auto named = check_profile_is_named(name); !named) return fail(std::move(named.error()));
  const auto file =
      read_profiles(config_path(settings.value("config")), settings.given("config"), profile_key_names);
  if (!file) return fail(file.error());
  const Profile* const profile = file->find(name);
  if (profile == nullptr) {
    Error missing = no_such_profile(*file, name);
    if (settings.operands.empty() && name != "default")
      missing = from_variable(std::move(missing), "OAUTH_TOKEN_PROFILE");
    return fail(std::move(missing));
  }
  if (output_form(settings) == "json" || settings.given("field")) {
    json::Writer object;
    write_profile(object, *profile);
    if (auto written = write_json_answer(context, settings, object.take()); !written)
      return fail(std::move(written.error()));
    return exit_done;
  }
  if (auto written = write_answer(context, as_table(*profile)); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
