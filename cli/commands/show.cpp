#include "commands.hpp"
#include "output/output.hpp"
#include "output/record_output.hpp"
#include "request/client_options.hpp"
#include "request/sign_in_hint.hpp"

#include <oauth_token/exit_status.hpp>

#include <algorithm>

namespace oauth_token::cli {
namespace {

/// "name:  value" for each member of the JSON object.
void append_lines(SecretBuffer& out, const json::Value& object) {
  std::size_t column = 0;
  for (const json::Value member : object) column = std::max(column, member.name().size() + 3);
  for (const json::Value member : object) {
    const std::string_view name = member.name();
    out.append(name).append(':');
    out.append(std::string(column - name.size() - 1, ' '));
    append_value(out, member, true);
    out.append('\n');
  }
}

}  // namespace

Result<int> run_show(Context& context, const Settings& settings) {
  const auto session = open_session(settings, {});
  if (!session) return fail(session.error());
  json::Writer object;
  write_record(object, session->record());
  if (output_form(settings) == "json" || settings.given("field")) {
    if (auto written = write_json_answer(context, settings, object.take()); !written)
      return fail(std::move(written.error()));
    return exit_done;
  }
  SecretBuffer lines;
  if (const auto document = json::parse(object.take())) append_lines(lines, document->root());
  if (auto written = write_answer(context, lines.expose()); !written) return fail(std::move(written.error()));
  note_past_renewal(context, settings, {&session->record(), 1});
  return exit_done;
}

}  // namespace oauth_token::cli
