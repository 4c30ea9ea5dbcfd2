#include <string>

#include <doctest/doctest.h>
#include <options/parameter_rules.hpp>

namespace parameter_rules_test {

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

std::string answer(const Result<void>& checked) {
  return checked ? "fine"
                 : std::string(to_string(checked.error().error_class)) + ": " + checked.error().message;
}

}  // namespace

TEST_CASE("a header may have any name that RFC 9110 allows and the program does not set") {
  for (const char* const name : {"X-Tenant", "x", "Z9", "0", "!#$%&'*+-.^_`|~"}) {
    CAPTURE(name);
    CHECK(answer(check_header_name(name)) == "fine");
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:b"), std::string("a{b"), std::string("a[b"),
        std::string("a@b"), std::string("\xc3\xa4"), std::string("a\0b", 3), std::string("a\n")}) {
    CAPTURE(name);
    CHECK(answer(check_header_name(name)) == "usage: --header needs the form 'NAME: VALUE'.");
  }
  CHECK(answer(check_header_name("dpop")) == "usage: The header DPoP is set by the program itself.");
}

TEST_CASE(
    "a parameter has a name, not one that the program sets, and its value is hidden where it is a secret") {
  CHECK(answer(check_parameter_name("", false)) == "usage: A parameter needs a name.");
  CHECK(answer(check_parameter_name("tenant", false)) == "fine");
  for (const char* const name : {"scope", "client_assertion", "client_assertion_type"}) {
    CAPTURE(name);
    CHECK(answer(check_parameter_name(name, true)) ==
          "usage: The parameter \"" + std::string(name) + "\" is set by the program itself.");
  }
  CHECK(answer(check_parameter_name("otp", true)) == "fine");
  CHECK(
      answer(check_parameter_name("otp", false)) ==
      "usage: The value of the parameter \"otp\" is a secret, which belongs neither on the command line nor "
      "into a profile.");
}

}  // namespace parameter_rules_test
