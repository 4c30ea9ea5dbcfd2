#include <oauth_token/text.hpp>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace text_test {

using oauth_token::escape_for_terminal;
using oauth_token::quote_for_terminal;

TEST_CASE("server text reaches a terminal without control, direction and zero-width characters") {
  struct {
    std::string_view in, out;
  } const rows[] = {
      {"plain text", "plain text"},
      {"Ungültiges Kennwort 🔑", "Ungültiges Kennwort 🔑"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"two\nlines\r\ttab", "two\\x0alines\\x0d\\x09tab"},
      {"\x7f", "\\x7f"},
      {"\u0085", "\\u{85}"},
      {"a\u202egnp.exe", "a\\u{202e}gnp.exe"},
      {"zero\u200bwidth", "zero\\u{200b}width"},
      {"\u00ad", "\\u{ad}"},
      {"\u061c", "\\u{61c}"},
      {"\u180e", "\\u{180e}"},
      {"\u2028", "\\u{2028}"},
      {"\u2060", "\\u{2060}"},
      {"\ufeff", "\\u{feff}"},
      {"\ufff9\ufffb\ufffc", "\\u{fff9}\\u{fffb}\ufffc"},
      {"a\u034fb", "a\\u{34f}b"},
      {"\u115e\u115f\u1160\u1161", "\u115e\\u{115f}\\u{1160}\u1161"},
      {"\u17b3\u17b4\u17b5\u17b6", "\u17b3\\u{17b4}\\u{17b5}\u17b6"},
      {"\u180a\u180b\u180f\u1810", "\u180a\\u{180b}\\u{180f}\u1810"},
      {"\u3163\u3164\u3165", "\u3163\\u{3164}\u3165"},
      {"\ufe00\ufe0d", "\\u{fe00}\\u{fe0d}"},
      {"⚠\ufe0e ⚠\ufe0f ä\ufe10", "⚠\ufe0e ⚠\ufe0f ä\ufe10"},
      {"\uff9f\uffa0\uffa1", "\uff9f\\u{ffa0}\uffa1"},
      {"\uffef\ufff0\ufff8", "\uffef\\u{fff0}\\u{fff8}"},
      {"\U0001bc9f\U0001bca0\U0001bca3\U0001bca4", "\U0001bc9f\\u{1bca0}\\u{1bca3}\U0001bca4"},
      {"\U0001d172\U0001d173\U0001d17a\U0001d17b", "\U0001d172\\u{1d173}\\u{1d17a}\U0001d17b"},
      {"\U000e0041\U000e0080\U000e01ef", "\\u{e0041}\\u{e0080}\\u{e01ef}"},
      {"\U000dffff\U000e0000\U000e0fff\U000e1000", "\U000dffff\\u{e0000}\\u{e0fff}\U000e1000"},
      {"\u009f\u00a0", "\\u{9f}\u00a0"},
      {"bad \xff\xc3", "bad \\xff\\xc3"},
      {"overlong \xc0\xaf", "overlong \\xc0\\xaf"},
      {"surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80"},
      {std::string_view("\0", 1), "\\x00"},
  };
  for (const auto& row : rows) CHECK(escape_for_terminal(row.in) == row.out);
}

TEST_CASE("a quoted word is escaped, too, and its end is left out where there is too much of it") {
  CHECK(quote_for_terminal("work") == "\"work\"");
  CHECK(quote_for_terminal("") == "\"\"");
  CHECK(quote_for_terminal("\x1b[31mred") == "\"\\x1b[31mred\"");
  CHECK(quote_for_terminal("123456", 4) == "\"1234\"");
  CHECK(quote_for_terminal("äöü", 3) == "\"ä\\xc3\"");
}

TEST_CASE("UTF-8 is told from other bytes") {
  CHECK(oauth_token::is_utf8("pä$$w+rd 🔑"));
  CHECK(oauth_token::is_utf8(""));
  CHECK_FALSE(oauth_token::is_utf8("p\xe4ssword"));
  CHECK_FALSE(oauth_token::is_utf8("\xed\xa0\x80"));
  CHECK_FALSE(oauth_token::is_utf8("\xf4\x90\x80\x80"));
}

}  // namespace text_test
