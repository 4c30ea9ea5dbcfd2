#include "output.hpp"

#include "options/nearest.hpp"
#include "signals.hpp"
#include "terminal/progress.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

std::vector<std::string> names_of_members(const json::Value& object) {
  std::vector<std::string> names;
  for (const json::Value holder : {object, object["extra"]})
    for (const json::Value member : holder) names.emplace_back(member.name());
  return names;
}

}  // namespace

int write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      (void)poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Result<void> write_answer(const Context& context, std::string_view bytes) {
  stop_watching_signals();
  end_progress();
  const int error = write_all(context.output, bytes);
  if (error == 0) return {};
  return fail(Error{.error_class = ErrorClass::output,
                    .message = std::string("The answer could not be written to standard output: ") +
                               std::strerror(error) + ".",
                    .hint = "See where standard output goes.",
                    .sent = context.sent});
}

std::string_view output_form(const Settings& settings) {
  if (settings.given("output")) return settings.value("output");
  const std::string_view forms = settings.command->forms;
  return forms.substr(0, forms.find('|'));
}

void append_object(json::Writer& out, std::string_view object) {
  // Checked by the library before; half a surrogate pair was let pass on request.
  const auto document = json::parse(object, {.lone_surrogates = true});
  if (document) {
    out.value(document->root());
  } else {
    out.begin_object().end_object();
  }
}

void append_value(SecretBuffer& out, const json::Value& value, bool to_terminal) {
  const auto text = value.text();
  if (!text) {
    json::Writer writer;
    out.append(writer.value(value).expose());
  } else if (to_terminal) {
    append_for_terminal(out, *text);
  } else {
    out.append(*text);
  }
}

Result<void> write_json_answer(const Context& context, const Settings& settings, Secret object) {
  const auto document = json::parse(std::move(object), {.lone_surrogates = true});
  if (!document) return fail(ErrorClass::internal, "The answer " + std::string(document.error().what) + ".");
  return write_json_answer(context, settings, document->root());
}

Result<void> write_line_or_json(const Context& context, const Settings& settings, const Secret& text,
                                Secret object) {
  if (output_form(settings) == "json" || settings.given("field"))
    return write_json_answer(context, settings, std::move(object));
  SecretBuffer line;
  line.append(text.expose()).append('\n');
  return write_answer(context, line.expose());
}

Result<void> write_json_answer(const Context& context, const Settings& settings, const json::Value& object) {
  SecretBuffer answer;
  if (!settings.given("field")) {
    json::Writer writer;
    answer.append(writer.value(object).expose());
  } else {
    const std::string& name = settings.value("field");
    json::Value member = object[name];
    if (member.type() == json::Type::absent) member = object["extra"][name];
    if (member.type() == json::Type::absent) {
      const std::string near = nearest(name, names_of_members(object));
      return fail(Error{.error_class = ErrorClass::protocol,
                        .message = "The answer has no member \"" + name + "\".",
                        .hint = did_you_mean(near, "Use -o json to see the members there are."),
                        .sent = context.sent});
    }
    append_value(answer, member, isatty(context.output) != 0);
  }
  answer.append('\n');
  return write_answer(context, answer.expose());
}

void append_replacing(SecretBuffer& out, std::string_view text, char one, std::string_view by) {
  for (const char c : text) out.append(c == one ? by : std::string_view(&c, 1));
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void append_for_terminal(SecretBuffer& out, std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    std::string_view character = text.substr(0, first < 0xc0 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2);
    if (!is_utf8(character)) character = text.substr(0, 1);
    out.append(escape_for_terminal(character));  // one character: too little of a secret to matter
    text.remove_prefix(character.size());
  }
}

}  // namespace oauth_token::cli
