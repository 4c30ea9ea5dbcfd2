#include "commands.hpp"
#include "output/output.hpp"
#include "output/report.hpp"
#include "output/table.hpp"
#include "profile/profile_file.hpp"
#include "profile/profile_output.hpp"

#include <oauth_token/exit_status.hpp>

#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

std::string value(const Profile& profile, std::string_view key) {
  const auto found = profile.values.find(key);
  return found == profile.values.end() || found->second.empty() ? "-" : found->second.front();
}

std::string as_table(const ProfileFile& file) {
  std::vector<std::vector<std::string>> rows = {{"PROFILE", "SERVER", "CLIENT", "USER"}};
  for (const Profile& profile : file.profiles) {
    const std::string issuer = value(profile, "issuer");
    rows.push_back({profile.name, issuer == "-" ? value(profile, "token-endpoint") : issuer,
                    value(profile, "client-id"), value(profile, "username")});
  }
  return table(rows);
}

void append_json(SecretBuffer& out, const ProfileFile& file) {
  json::Writer array;
  array.begin_array();
  for (const Profile& profile : file.profiles) write_profile(array, profile);
  out.append(array.end_array().expose()).append('\n');
}

}  // namespace

Result<int> run_profile_list(Context& context, const Settings& settings) {
  if (settings.given("field"))
    return fail(ErrorClass::usage, "--field is for one profile.", "Use \"oauth-token profile show\".");
  const auto file =
      read_profiles(config_path(settings.value("config")), settings.given("config"), profile_key_names);
  if (!file) return fail(file.error());
  SecretBuffer answer;
  if (output_form(settings) == "json") {
    append_json(answer, *file);
  } else if (file->profiles.empty()) {
    note(context, "There are no profiles. \"oauth-token profile set\" makes one.");
    return exit_done;
  } else {
    answer.append(as_table(*file));
  }
  if (auto written = write_answer(context, answer.expose()); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
