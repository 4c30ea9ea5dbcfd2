#include "report.hpp"

#include "output.hpp"
#include "server_words.hpp"
#include "signals.hpp"
#include "terminal/progress.hpp"
#include "terminal/style.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/json.hpp>

#include <string>

namespace oauth_token::cli {
namespace {

// Standard error that cannot be written is nothing that could be reported.
void write_line(const Context& context, SecretBuffer& line) {
  line.append('\n');
  const TerminalTurn ours;
  (void)write_all(context.error, line.expose());
}

void write_sentence(const Context& context, std::string_view start, std::string_view sentence) {
  SecretBuffer line;
  line.append(start);
  append_for_terminal(line, sentence);
  write_line(context, line);
}

void write_object(const Context& context, json::Writer& object) {
  SecretBuffer line;
  write_line(context, line.append(object.end_object().expose()));
}

void write_member(const Context& context, std::string_view name, std::string_view text) {
  json::Writer object;
  write_object(context, object.begin_object().member(name, text));
}

int status_of(const Context& context, const Error& error) {
  const int signal = ending_signal();
  if (error.error_class == ErrorClass::interrupted && signal != 0) return 128 + signal;
  return context.failure_status != 0 ? context.failure_status : exit_status(error.error_class);
}

}  // namespace

void append_error_members(json::Writer& object, const Error& error, int status) {
  object.member("class", to_string(error.error_class)).member("exit_status", status);
  object.optional_member("error", error.code).optional_member("error_description", error.description);
  object.optional_member("error_uri", error.uri);
  if (error.http_status != 0) object.member("http_status", error.http_status);
  if (error.retry_after) object.member("retry_after", std::int64_t{error.retry_after->count()});
  object.member("sent", to_string(error.sent)).member("retry_safe", error.retry_safe);
  object.optional_member("reason", error.reason);
  object.member("message", error.message).optional_member("hint", error.hint).name("extra");
  append_object(object, error.extra);
}

void warn(const Context& context, std::string_view sentence) {
  if (!context.quiet) warn_always(context, sentence);
}

void warn_always(const Context& context, std::string_view sentence) {
  if (context.json) return write_member(context, "warning", sentence);
  write_sentence(context,
                 "oauth-token: " + styled("warning:", Style::warning, may_colour(context.error)) + " ",
                 sentence);
}

void note(const Context& context, std::string_view sentence) {
  if (!context.quiet && !context.json) write_sentence(context, "", sentence);
}

void trace(const Context& context, std::string_view text) {
  if (context.json) return write_member(context, "trace", text);
  const TerminalTurn ours;
  (void)write_all(context.error, text);
}

int report(const Context& context, const Error& error) {
  if (context.json) {
    json::Writer object;
    append_error_members(object.begin_object(), error, status_of(context, error));
    write_object(context, object);
    return status_of(context, error);
  }
  // Where the status does not tell the class, the text does.
  std::string start = styled("oauth-token:", Style::error, may_colour(context.error)) + " ";
  if (context.failure_status == exit_exec_failed) start += std::string(to_string(error.error_class)) + ": ";
  write_sentence(context, start, error.message);
  if (const std::string words = words_of_server(error); !words.empty())
    write_sentence(context, "  The server says: ", words);
  if (!error.hint.empty()) write_sentence(context, "  ", error.hint);
  return status_of(context, error);
}

}  // namespace oauth_token::cli
