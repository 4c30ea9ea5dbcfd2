#include "report.hpp"

#include "exit_status.hpp"
#include "json_text.hpp"
#include "output.hpp"
#include "signals.hpp"

#include <oauth_token/text.hpp>

namespace oauth_token::cli {
namespace {

// Standard error that cannot be written is nothing that could be reported.
void write_line(const Context& context, SecretBuffer& line) {
  line.append('\n');
  (void)write_all(context.error, line.expose());
}

void write_sentence(const Context& context, std::string_view start, std::string_view sentence) {
  SecretBuffer line;
  line.append(start);
  append_for_terminal(line, sentence);
  write_line(context, line);
}

void write_member(const Context& context, std::string_view name, std::string_view text) {
  SecretBuffer line;
  JsonObject(line).text(name, text).close();
  write_line(context, line);
}

/// What the server said, in one line.
std::string words_of_server(const Error& error) {
  std::string words = error.code;
  if (!words.empty() && !error.description.empty()) words += ": ";
  words += error.description;
  if (!error.uri.empty()) words += (words.empty() ? "" : " ") + error.uri;
  return words;
}

int status_of(const Error& error) {
  const int signal = ending_signal();
  const bool by_signal = error.error_class == ErrorClass::interrupted && signal != 0;
  return by_signal ? 128 + signal : exit_status(error.error_class);
}

void report_json(const Context& context, const Error& error) {
  SecretBuffer line;
  JsonObject object(line);
  object.text("class", to_string(error.error_class)).number("exit_status", status_of(error));
  object.optional_text("error", error.code).optional_text("error_description", error.description);
  object.optional_text("error_uri", error.uri);
  if (error.http_status != 0) object.number("http_status", error.http_status);
  if (error.retry_after) object.number("retry_after", error.retry_after->count());
  object.text("sent", to_string(error.sent)).boolean("retry_safe", error.retry_safe);
  object.optional_text("reason", error.reason);
  object.text("message", error.message).optional_text("hint", error.hint);
  object.json("extra", error.extra.empty() ? "{}" : error.extra).close();
  write_line(context, line);
}

}  // namespace

void warn(const Context& context, std::string_view sentence) {
  if (context.quiet) return;
  if (context.json) return write_member(context, "warning", sentence);
  write_sentence(context, "oauth-token: warning: ", sentence);
}

void note(const Context& context, std::string_view sentence) {
  if (!context.quiet && !context.json) write_sentence(context, "", sentence);
}

void trace(const Context& context, std::string_view text) {
  if (context.json) return write_member(context, "trace", text);
  (void)write_all(context.error, text);
}

int report(const Context& context, const Error& error) {
  if (context.json) {
    report_json(context, error);
    return status_of(error);
  }
  write_sentence(context, "oauth-token: ", error.message);
  if (const std::string words = words_of_server(error); !words.empty())
    write_sentence(context, "  The server says: ", words);
  if (!error.hint.empty()) write_sentence(context, "  ", error.hint);
  return status_of(error);
}

}  // namespace oauth_token::cli
