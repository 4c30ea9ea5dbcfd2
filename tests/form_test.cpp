#include "protocol/form.hpp"

#include <oauth_token/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace form_test {

using namespace oauth_token;
using protocol::append_form_decoded;
using protocol::append_form_pair;
using protocol::form_encoded;

TEST_CASE("letters, digits and -._~ stay, every other byte becomes %XX in upper case") {
  const std::string_view kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string text(1, static_cast<char>(byte));
    const bool stays = kept.find(text) != std::string_view::npos;
    CHECK(form_encoded(text) == (stays ? text : std::string{'%', hex[byte >> 4U], hex[byte & 0xfU]}));
  }
}

TEST_CASE("awkward texts are encoded as their UTF-8 bytes, a space as %20") {
  CHECK(form_encoded("") == "");
  CHECK(form_encoded("a b+c") == "a%20b%2Bc");
  // The example of RFC 6749 Appendix B, whose space may be written either way.
  CHECK(form_encoded(" %&+\xc2\xa3\xe2\x82\xac") == "%20%25%26%2B%C2%A3%E2%82%AC");
  CHECK(form_encoded("p\xc3\xa4$$w+rd &=%20\"\xc3\xa9") == "p%C3%A4%24%24w%2Brd%20%26%3D%2520%22%C3%A9");
  CHECK(form_encoded("\xf0\x9f\x94\x91") == "%F0%9F%94%91");
  CHECK(form_encoded("\xff\xfe") == "%FF%FE");
}

TEST_CASE("pairs are joined by &, names encoded too") {
  SecretBuffer body;
  append_form_pair(body, "grant_type", "password");
  append_form_pair(body, "a b", "c&d=e");
  append_form_pair(body, "empty", "");
  CHECK(body.expose() == "grant_type=password&a%20b=c%26d%3De&empty=");
}

TEST_CASE("a text of any length grows the buffer") {
  SecretBuffer body;
  const std::string text(10'000, '&');
  append_form_pair(body, "x", text);
  CHECK(body.size() == 2 + 3 * text.size());
}

TEST_CASE("decoding undoes encoding, and reads + as a space") {
  std::string every_byte;
  for (unsigned byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  SecretBuffer decoded;
  REQUIRE(append_form_decoded(decoded, form_encoded(every_byte)));
  CHECK(decoded.expose() == every_byte);
  SecretBuffer mixed;
  REQUIRE(append_form_decoded(mixed, "a+b%2bc%2B"));
  CHECK(mixed.expose() == "a b+c+");
}

TEST_CASE("a % without two hexadecimal digits is refused") {
  for (const char* const text : {"%", "a%2", "%zz", "%2g", "%%41"}) {
    CAPTURE(text);
    SecretBuffer decoded;
    CHECK_FALSE(append_form_decoded(decoded, text));
  }
}

}  // namespace form_test
