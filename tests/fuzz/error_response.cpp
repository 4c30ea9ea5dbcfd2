// Error answers in JSON: the input is the body, each status has a turn.

#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* status : {"400", "401", "403", "429", "500"}) {
    std::string answer = std::string(status) + "\nContent-Type: application/json\n\n";
    answer += fuzzing::text(data, size);
    fuzzing::read_answer_to_password(answer);
  }
  return 0;
}
