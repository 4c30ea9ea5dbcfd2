#include "base/base64.hpp"

#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace base64_test {

using namespace oauth_token;

namespace {

std::string encoded(std::string_view bytes, Base64 alphabet = Base64::standard) {
  SecretBuffer out;
  append_base64(out, bytes, alphabet);
  return std::string(out.expose());
}

std::string decoded(std::string_view text, Base64 alphabet = Base64::standard) {
  SecretBuffer out;
  return append_base64_decoded(out, text, alphabet) ? std::string(out.expose()) : "refused";
}

}  // namespace

TEST_CASE("the examples of RFC 4648 s10") {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, base64] : examples) {
    CHECK(encoded(text) == base64);
    CHECK(decoded(base64) == text);
    std::string bare = base64;
    bare.erase(bare.find_last_not_of('=') + 1);
    CHECK(encoded(text, Base64::url) == bare);
    CHECK(decoded(bare, Base64::url) == text);
    CHECK(decoded(bare) == text);
  }
}

TEST_CASE("the two alphabets differ in their last two digits") {
  CHECK(encoded("\xfb\xff\xbf") == "+/+/");
  CHECK(encoded("\xfb\xff\xbf", Base64::url) == "-_-_");
  CHECK(decoded("-_-_") == "refused");
  CHECK(decoded("+/+/", Base64::url) == "refused");
}

TEST_CASE("the client credentials of WSO2's document") {
  CHECK(encoded("wU62DjlyDBnq87GlBwplfqvmAbAa:ksdSdoefDDP7wpaElfqvmjDue") ==
        "d1U2MkRqbHlEQm5xODdHbEJ3cGxmcXZtQWJBYTprc2RTZG9lZkREUDd3cGFFbGZxdm1qRHVl");
}

TEST_CASE("what is no base64 is refused") {
  for (const char* const text :
       {"A", "AAAAA", "Zg=", "Zh==", "Zm9=", "Z g=", "Zg\n==", "Zg==Zg==", "====", "Zg%3D"}) {
    CAPTURE(text);
    CHECK(decoded(text) == "refused");
  }
}

}  // namespace base64_test
