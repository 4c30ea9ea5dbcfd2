// Answers of a token endpoint: "STATUS", headers, an empty line, the body.

#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzzing::read_answer_to_password(fuzzing::text(data, size));
  return 0;
}
