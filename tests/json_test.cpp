
#include "support/sanitized.hpp"

#include <oauth_token/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace json_test {

namespace json = oauth_token::json;
using oauth_token::Secret;
using oauth_token::SecretBuffer;

namespace {

std::string written(const json::Document& document) {
  json::Writer writer;
  writer.value(document.root());
  return std::string(writer.expose());
}

bool is_taken(std::string_view text, const json::Options& options = {}) {
  return json::parse(text, options).has_value();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("values of every type are found by name") {
  const auto document = json::parse(
      R"( { "text" : "a\"\\\/\b\f\n\r\tz" , "yes":true,"no":false,"nothing":null, "number":-12,
            "list":[1,"two",{"three":3}], "empty":{} } )");
  REQUIRE(document);
  const json::Value root = document->root();
  CHECK(root["text"].text() == "a\"\\/\b\f\n\r\tz");
  CHECK(root["yes"].boolean() == true);
  CHECK(root["no"].boolean() == false);
  CHECK(root["nothing"].type() == json::Type::null);
  CHECK_FALSE(root["nothing"]);
  CHECK(root["number"].integer() == -12);
  CHECK(root["missing"].type() == json::Type::absent);
  CHECK_FALSE(root["text"].boolean());
  CHECK_FALSE(root["text"].integer());
  std::vector<std::string> names;
  for (const json::Value member : root) names.emplace_back(member.name());
  CHECK(names == std::vector<std::string>{"text", "yes", "no", "nothing", "number", "list", "empty"});
  int elements = 0;
  for (const json::Value element : root["list"]) elements += element ? 1 : 100;
  CHECK(elements == 3);
}

TEST_CASE("a document's values stay valid when it is moved") {
  auto document = json::parse(R"({"a":"b"})");
  REQUIRE(document);
  const json::Value value = document->root()["a"];
  const json::Document moved = std::move(*document);
  CHECK(value.text() == "b");
}

TEST_CASE("escapes of characters beyond ASCII become UTF-8") {
  const auto document = json::parse(R"(["\u00e4\u20ac\ud83d\ude00\u0000x"])");
  REQUIRE(document);
  CHECK((*document->root().begin()).text() ==
        std::string_view("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\0x", 11));
}

TEST_CASE("numbers keep the form they were written in") {
  const auto document = json::parse("[0,-0,3.6e3,9223372036854775807,12345678901234567890,1E+2,0.10]");
  REQUIRE(document);
  CHECK(written(*document) == "[0,-0,3.6e3,9223372036854775807,12345678901234567890,1E+2,0.10]");
  std::vector<bool> integers;
  for (const json::Value value : document->root()) integers.push_back(value.integer().has_value());
  CHECK(integers == std::vector<bool>{true, true, false, true, false, false, false});
}

TEST_CASE("a byte order mark in front is skipped, anywhere else it is refused") {
  CHECK(is_taken("\xef\xbb\xbf{}"));
  CHECK_FALSE(is_taken("\xef\xbb\xbf\xef\xbb\xbf{}"));
  CHECK_FALSE(is_taken("{}\xef\xbb\xbf"));
}

TEST_CASE("what is no JSON is refused") {
  for (const char* const text : {"",           " ",
                                 "{",          "[",
                                 "}",          "{]",
                                 "[}",         "[1,]",
                                 "{\"a\"}",    "{\"a\":}",
                                 "{,}",        "{a:1}",
                                 "{'a':1}",    "[1 2]",
                                 "[01]",       "[+1]",
                                 "[1.]",       "[.5]",
                                 "[1e]",       "[-]",
                                 "nul",        "truefalse",
                                 "[NaN]",      "\"a",
                                 "\"\\x\"",    "\"\\u12g4\"",
                                 "\"\\u12\"",  "\"\\",
                                 "{} {}",      "// c\n{}",
                                 "[\"a\nb\"]", "{\"a\":1,}",
                                 "[1],",       "[\"\\u+123\"]",
                                 "\"\\u-001\""}) {
    CAPTURE(text);
    CHECK_FALSE(is_taken(text));
  }
  CHECK_FALSE(is_taken(std::string_view("{}\0", 3)));
  CHECK_FALSE(is_taken(std::string_view("[\"\0\"]", 5)));
}

TEST_CASE("text that is not UTF-8 is refused") {
  for (const char* const bytes :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    CAPTURE(bytes);
    CHECK_FALSE(is_taken("[\"" + std::string(bytes) + "\"]"));
  }
}

TEST_CASE(
    "half a surrogate pair is refused unless the caller lets it pass, and then is written back as it came") {
  for (const char* const text :
       {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800\ud800"])", R"(["\udbffx\udfff"])"}) {
    CAPTURE(text);
    CHECK_FALSE(is_taken(text));
    const auto document = json::parse(text, {.lone_surrogates = true});
    REQUIRE(document);
    CHECK(written(*document) == text);
  }
}

TEST_CASE(
    "a name that occurs twice in one object is refused, in small and large objects, however it is written") {
  CHECK_FALSE(is_taken(R"({"a":1,"a":1})"));
  CHECK_FALSE(is_taken(R"([{"a":1,"b":2,"\u0061":3}])"));
  CHECK(is_taken(R"({"a":{"a":1},"b":{"a":1}})"));
  std::string large = "{\"x\":0";
  for (int i = 0; i < 100; ++i) large += ",\"n" + std::to_string(i) + "\":1";
  CHECK(is_taken(large + "}"));
  CHECK_FALSE(is_taken(large + ",\"n50\":1}"));
}

TEST_CASE("64 levels are taken, 65 are not, and a lower limit counts") {
  CHECK(is_taken(nested(64)));
  CHECK_FALSE(is_taken(nested(65)));
  CHECK_FALSE(is_taken(std::string(1'000'000, '[')));
  CHECK(is_taken(nested(3), {.max_depth = 3}));
  CHECK_FALSE(is_taken(nested(4), {.max_depth = 3}));
}

TEST_CASE("a text longer than the limit is refused") {
  const std::string text = "\"" + std::string((1U << 20U) - 2, 'a') + "\"";
  CHECK(is_taken(text));
  CHECK_FALSE(is_taken(text + " "));
}

TEST_CASE("a writer puts commas and escapes where they belong") {
  json::Writer writer;
  writer.begin_object().member("a", 1).member("b", "x\"\\\n\x7f").name("c").begin_array().integer(-5).null();
  writer.begin_object().end_object().text("\xc3\xa4").end_array().member("d", true).end_object();
  CHECK(writer.expose() ==
        "{\"a\":1,\"b\":\"x\\\"\\\\\\u000a\\u007f\",\"c\":[-5,null,{},\"\xc3\xa4\"],\"d\":true}");
}

TEST_CASE("a writer replaces bytes that are not UTF-8") {
  json::Writer writer;
  writer.text("a\xff\xe2\x82z");
  CHECK(writer.expose() == "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST_CASE("a writer rewrites every string of a value, names included") {
  const auto document = json::parse(R"({"k":["secret",{"secret":1}]})");
  REQUIRE(document);
  json::Writer writer;
  writer.value(document->root(),
               [](std::string_view text) { return text == "secret" ? "***" : std::string(text); });
  CHECK(writer.expose() == R"({"k":["***",{"***":1}]})");
}

TEST_CASE("texts bent at random are taken and read as another parser does") {
  const std::string seed =
      R"({"access_token":"a\u00e4\ud83d\ude00","expires_in":3600,"x":[1.5,true,null,{"y":"\\","z":{}}],"scope":"a b"})";
  const std::string alphabet = "{}[]\",:\\u0d8dcn1.-+ \xc3\xa4\xed\x01";
  std::uint32_t state = 12345;
  const auto random = [&](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8U) % below;
  };
  int taken = 0;
  for (int round = 0; round < (is_sanitized ? 50'000 : 200'000); ++round) {
    std::string text = seed;
    for (std::size_t edits = random(3); edits < 3; ++edits) {
      const std::size_t at = random(text.size());
      switch (random(3)) {
        case 0:
          text[at] = alphabet[random(alphabet.size())];
          break;
        case 1:
          text.erase(at, 1 + random(4));
          break;
        default:
          text.insert(at, 1, alphabet[random(alphabet.size())]);
      }
    }
    const auto ours = json::parse(text);
    auto theirs = nlohmann::json::parse(text, nullptr, false);
    CAPTURE(text);
    if (ours) {
      ++taken;
      REQUIRE_FALSE(theirs.is_discarded());
      const auto again = nlohmann::json::parse(written(*ours), nullptr, false);
      REQUIRE(again == theirs);
    } else if (!theirs.is_discarded()) {
      REQUIRE(ours.error().what == "names a member twice");
    }
  }
  CHECK(taken > 1000);
}

TEST_CASE("what is written shows nothing that a terminal should not see") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", R"("")"},
      {"plain é 😀", R"("plain é 😀")"},
      {"\"\\/", R"("\"\\/")"},
      {"\n\t\x1b\x7f", R"("\u000a\u0009\u001b\u007f")"},
      {"eight by\x7fte", R"("eight by\u007fte")"},
      {"\xe2\x80\xae", R"("\u202e")"},            // right-to-left override
      {"\xf3\xa0\x80\x81", R"("\udb40\udc01")"},  // a tag character, past the basic plane
      {"a\xff\xe2\x80z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
  };
  for (const auto& [text, expected] : rows)
    CHECK(oauth_token::json::Writer().text(text).expose() == expected);
}

}  // namespace json_test
