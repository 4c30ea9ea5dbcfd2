// The words of a command line, each ended by a zero byte.

#include "fuzzing.hpp"
#include "options/arguments.hpp"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token::cli;
  std::string text(fuzzing::text(data, size));
  text.push_back('\0');
  std::vector<char*> words;
  for (std::size_t at = 0; at + 1 < text.size(); at = text.find('\0', at) + 1)
    words.push_back(text.data() + at);
  const std::size_t count = words.size();
  words.push_back(nullptr);
  const std::span<char*> all(words.data(), count);

  [[maybe_unused]] const bool has_child = names_command_with_child(all);
  const auto arguments = parse_arguments(all);
  if (!arguments)
    fuzzing::check(arguments.error());
  else
    fuzzing::must(arguments->command != nullptr || arguments->help || arguments->version,
                  "there is something to do");

  const std::string before = text;
  if (const auto safe = refuse_secret_arguments(all); !safe) {
    fuzzing::check(safe.error());
  } else {
    fuzzing::must(text == before, "what is no secret stays as it is");
    for (const char* word : all) {
      if (std::string_view(word) == "--") break;
      for (const char* secret : {"--password=", "--client-secret=", "--refresh-token="})
        fuzzing::must(!std::string_view(word).starts_with(secret), "a secret on the command line is refused");
    }
  }
  return 0;
}
