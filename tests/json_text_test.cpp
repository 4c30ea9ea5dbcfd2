#include "json_text.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

template <class Append>
std::string text_of(Append append, std::string_view argument) {
  SecretBuffer out;
  append(out, argument);
  return std::string(out.expose());
}

}  // namespace

TEST_CASE("a JSON string shows nothing that a terminal should not see") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", R"("")"},
      {"plain é 😀", R"("plain é 😀")"},
      {"\"\\/", R"("\"\\/")"},
      {"\n\t\x1b\x7f", R"("\u000a\u0009\u001b\u007f")"},
      {"\xe2\x80\xae", R"("\u202e")"},            // right-to-left override
      {"\xf3\xa0\x80\x81", R"("\udb40\udc01")"},  // a tag character, past the basic plane
      {"a\xff\xe2\x80z", R"("a\ufffd\ufffd\ufffdz")"},
  };
  for (const auto& [text, expected] : rows) CHECK(text_of(append_json_string, text) == expected);
}

TEST_CASE("the text of a JSON string comes back, whatever way it was escaped") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"("")", ""},
      {R"("a\"\\\/\b\f\n\r\tz")", "a\"\\/\b\f\n\r\tz"},
      {R"("\u00e9\u20ac\ud83d\ude00")", "é€😀"},
      {R"("\ud800")", "\xef\xbf\xbd"},  // half a pair
      {R"("\ud800\u0041")", "\xef\xbf\xbd\x41"},
  };
  for (const auto& [json, expected] : rows) CHECK(text_of(append_json_text, json) == expected);
}

TEST_CASE("white space between the parts goes, white space in strings stays") {
  CHECK(text_of(append_json_compact, " { \"a b\" : [ 1 , \"x \\\" y\" ] ,\n\t\"c\\\\\" : null } ") ==
        R"({"a b":[1,"x \" y"],"c\\":null})");
}

TEST_CASE("a member is found by its name, escaped or not") {
  constexpr std::string_view object =
      R"({"a":1,"b":{"a":2,"x":"}"},"c":"q\"}","d":[{"a":3}],"\u0065":true,"f":null,"a":4})";
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"a", "4"},    {"b", R"({"a":2,"x":"}"})"}, {"c", R"("q\"}")"}, {"d", R"([{"a":3}])"}, {"e", "true"},
      {"f", "null"},
  };
  for (const auto& [name, expected] : rows) CHECK(json_member(object, name) == expected);
  CHECK_FALSE(json_member(object, "x"));
  CHECK_FALSE(json_member("{}", "a"));
  CHECK(json_member(" { \"a\" : [ ] } ", "a") == "[ ]");
}

TEST_CASE("an object is written member by member") {
  SecretBuffer out;
  JsonObject(out)
      .text("text", "a\"b")
      .optional_text("left out", "")
      .number("number", -12)
      .boolean("yes", true)
      .texts("texts", {"x", "y"})
      .json("json", " { } ")
      .close();
  CHECK(out.expose() == R"({"text":"a\"b","number":-12,"yes":true,"texts":["x","y"],"json":{}})");
}
