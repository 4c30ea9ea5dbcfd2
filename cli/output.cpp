#include "output.hpp"

#include "json_text.hpp"
#include "signals.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace oauth_token::cli {

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
  const int error = write_all(context.output, bytes);
  if (error == 0) return {};
  return fail(
      ErrorClass::output,
      std::string("The answer could not be written to standard output: ") + std::strerror(error) + ".",
      "See where standard output goes; a session that was signed in or renewed is kept.");
}

std::string_view output_form(const Settings& settings) {
  if (settings.given("output")) return settings.value("output");
  const std::string_view forms = settings.command->forms;
  return forms.substr(0, forms.find('|'));
}

Result<void> write_json_answer(const Context& context, const Settings& settings, std::string_view object) {
  SecretBuffer answer;
  if (!settings.given("field")) {
    append_json_compact(answer, object);
  } else {
    const std::string& name = settings.value("field");
    auto member = json_member(object, name);
    const auto extra = member ? std::nullopt : json_member(object, "extra");
    if (extra && extra->starts_with('{')) member = json_member(*extra, name);
    if (!member) {
      return fail(ErrorClass::protocol, "The answer has no member \"" + name + "\".",
                  "Use -o json to see the members there are.");
    }
    if (!member->starts_with('"')) {
      append_json_compact(answer, *member);
    } else if (isatty(context.output) != 0) {
      SecretBuffer text;
      append_json_text(text, *member);
      append_for_terminal(answer, text.expose());
    } else {
      append_json_text(answer, *member);
    }
  }
  answer.append('\n');
  return write_answer(context, answer.expose());
}

}  // namespace oauth_token::cli
