// ask [-e] QUESTION: asks on the terminal (-e: with echo), writes the answer to standard output. Dies by the
// signal that ends the question; other errors go to standard error, with status 2.

#include <oauth_token/error.hpp>

#include <csignal>
#include <string>
#include <string_view>

#include <terminal/prompt.hpp>
#include <unistd.h>

namespace {

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0) ::_exit(1);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace oauth_token::cli;
  const bool echo = argc == 3 && std::string_view(argv[1]) == "-e";
  if (argc < 2) return 64;
  const auto answer = ask({.text = argv[argc - 1], .hidden = !echo});
  if (const int number = pending_signal(); number != 0) {
    // The handlers must be back already: this kills only by the default action.
    ::raise(number);
    return 65;
  }
  if (!answer) {
    write_all(2, std::string(to_string(answer.error().error_class)) + ": " + answer.error().message + "\n");
    return 2;
  }
  write_all(1, answer->expose());
}
