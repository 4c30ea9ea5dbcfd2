#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "json_text.hpp"
#include "output.hpp"
#include "record_output.hpp"

namespace oauth_token::cli {
namespace {

/// "name:  value" for each member of the JSON object.
void append_lines(SecretBuffer& out, std::string_view object) {
  constexpr std::size_t column = 26;
  for_each_member(object, [&](std::string_view key, std::string_view value) {
    out.append(key.substr(1, key.size() - 2)).append(':');
    out.append(std::string(std::max<std::size_t>(1, column - std::min(column, key.size())), ' '));
    if (value.starts_with('"')) {
      SecretBuffer text;
      append_json_text(text, value);
      append_for_terminal(out, text.expose());
    } else {
      out.append(value);
    }
    out.append('\n');
  });
}

}  // namespace

Result<int> run_show(Context& context, const Settings& settings) {
  const auto session = open_existing_session(settings, {});
  if (!session) return fail(session.error());
  SecretBuffer object;
  append_record(object, session->record());
  if (output_form(settings) == "json" || settings.given("field")) {
    if (auto written = write_json_answer(context, settings, object.expose()); !written)
      return fail(std::move(written.error()));
    return exit_done;
  }
  SecretBuffer lines;
  append_lines(lines, object.expose());
  if (auto written = write_answer(context, lines.expose()); !written) return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
