#include "context.hpp"

#include "output/report.hpp"
#include "terminal/progress.hpp"

namespace oauth_token::cli {

Asker Context::asker() const {
  if (no_input) return {};
  return [this](const Question& question) {
    const Pause for_a_person;
    return ask(question, stop());
  };
}

SecretReading Context::reading() const {
  return {.ask = asker(),
          .warn = [this](const std::string& sentence) { warn(*this, sentence); },
          .standard_input = input,
          .stop = stop()};
}

}  // namespace oauth_token::cli
