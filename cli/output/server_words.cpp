#include "server_words.hpp"

#include "base/characters.hpp"

#include <oauth_token/json.hpp>

#include <string_view>

namespace oauth_token::cli {
namespace {

// A page of a terminal must still show what is wrong.
constexpr std::size_t most_words = 1000;

// What gateways, frameworks and servers with errors of their own call their words. Others may be credentials,
// such as mfa_token.
constexpr std::string_view names_of_words =
    "code description detail details error error_code error_description error_hint error_message "
    "error_reason errorcode errormessage errors errorsummary faultstring hint message msg reason "
    "suberror title";

void shorten(std::string& words) {
  const std::size_t all = words.size();
  if (all <= most_words) return;
  std::size_t end = most_words;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xc0U) == 0x80U) --end;  // within a character
  words.resize(end);
  words += "... (" + std::to_string(all) + " bytes in all)";
}

void append(std::string& words, std::string_view separator, std::string_view text) {
  if (!text.empty()) words.append(words.empty() ? "" : separator).append(text);
}

// `named`: of the array whose elements these may be.
void append_members(std::string& words, const json::Value& container, bool named, const Error& error) {
  for (const json::Value value : container) {
    if (words.size() > most_words) return;
    const bool here = value.name().empty() ? named : has_word_ignoring_case(names_of_words, value.name());
    const auto text = value.text();
    if (!text)
      append_members(words, value, here, error);
    else if (here && words.find(*text) == std::string::npos)  // some say all of it twice
      append(words, words == error.code ? ": " : "; ", *text);
  }
}

}  // namespace

std::string words_of_server(const Error& error) {
  std::string words = error.code;
  append(words, ": ", error.description);
  // Of what is no error of OAuth's, and was no failure to the server, there are no texts.
  if (!error.code.empty() || error.http_status >= 300)
    if (const auto extra = json::parse(std::string_view(error.extra), {.lone_surrogates = true}))
      append_members(words, extra->root(), false, error);
  append(words, " ", error.uri);
  shorten(words);
  return words;
}

}  // namespace oauth_token::cli
