#include "commands.hpp"
#include "output/output.hpp"
#include "output/record_output.hpp"
#include "output/report.hpp"
#include "output/table.hpp"
#include "output/token_output.hpp"
#include "request/client_options.hpp"
#include "request/sign_in_hint.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/session.hpp>

namespace oauth_token::cli {
namespace {

std::string state_words(const SessionRecord& record) {
  const std::string_view state = session_state(record);
  return std::string(state) + (state == "valid" && is_past_renewal(record) ? ", not renewable" : "");
}

std::string as_table(const std::vector<SessionRecord>& records) {
  std::vector<std::vector<std::string>> rows = {{"SESSION", "USER", "SERVER", "STORE", "STATE", "EXPIRES"}};
  for (const SessionRecord& record : records) {
    if (record.version == 0) {
      rows.push_back({record.name, "-", "-", "-", std::string(session_state(record)), "-"});
      continue;
    }
    const auto& expiry = record.access_token_expires_at;
    rows.push_back({record.name, record.username.empty() ? "-" : record.username, server_of(record),
                    record.store, state_words(record), expiry ? time_text(*expiry) : "-"});
  }
  return table(rows);
}

void append_json(SecretBuffer& out, const std::vector<SessionRecord>& records) {
  json::Writer array;
  array.begin_array();
  for (const SessionRecord& record : records) write_record(array, record);
  out.append(array.end_array().expose()).append('\n');
}

}  // namespace

Result<int> run_list(Context& context, const Settings& settings) {
  if (settings.given("field"))
    return fail(ErrorClass::usage, "--field is for one session.", "Use \"oauth-token show\".");
  const auto records = stored_sessions();
  if (!records) return fail(records.error());
  SecretBuffer answer;
  if (output_form(settings) == "json") {
    append_json(answer, *records);
  } else if (records->empty()) {
    note(context, "There are no sessions. \"oauth-token password\" makes one.");
    return exit_done;
  } else {
    answer.append(as_table(*records));
  }
  if (auto written = write_answer(context, answer.expose()); !written)
    return fail(std::move(written.error()));
  note_past_renewal(context, settings, *records);
  return exit_done;
}

}  // namespace oauth_token::cli
