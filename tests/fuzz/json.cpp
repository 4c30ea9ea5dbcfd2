// Our JSON reader against another one, and against our writer.

#include "fuzzing.hpp"

#include <oauth_token/json.hpp>

#include <nlohmann/json.hpp>

namespace {

using namespace oauth_token;

// What ours refuses and RFC 8259 leaves to the reader: depth beyond 64, a name twice.
bool is_refused_on_purpose(const json::ParseError& error) {
  return error.what.find("deeper") != std::string_view::npos ||
         error.what.find("twice") != std::string_view::npos ||
         error.what.find("larger") != std::string_view::npos;
}

// The other one refuses a number that no double holds.
bool is_beyond_double(std::string_view text) {
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzzing::text(data, size);
  const auto ours = json::parse(Secret(text));
  // The other one takes a zero byte for the end of the text.
  const bool theirs = nlohmann::json::accept(text) && text.find('\0') == std::string_view::npos;
  if (!ours) {
    if (theirs && !is_refused_on_purpose(ours.error()))
      std::fprintf(stderr, "refused: the JSON %s\n", std::string(ours.error().what).c_str());
    fuzzing::must(!theirs || is_refused_on_purpose(ours.error()), "what is JSON is read");
    fuzzing::must(ours.error().offset <= size, "an error is inside the text");
    return 0;
  }
  if (!theirs) {
    fuzzing::must(is_beyond_double(text), "what is no JSON is not read");
    return 0;
  }
  json::Writer out;
  out.value(ours->root());
  const Secret written = out.take();
  const auto again = json::parse(written.copy());
  fuzzing::must(again.has_value(), "what was written is read again");
  json::Writer twice;
  twice.value(again->root());
  fuzzing::must(written == twice.take(), "what was written twice is the same");
  fuzzing::must(nlohmann::json::parse(text) == nlohmann::json::parse(written.expose()),
                "nothing changed its meaning");
  return 0;
}
