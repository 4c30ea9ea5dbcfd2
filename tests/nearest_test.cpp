#include "options/nearest.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace nearest_test {

using namespace oauth_token::cli;

namespace {
const std::vector<std::string> names = {"issuer", "client-id", "password-stdin", "scope", "work", "file"};
}

TEST_CASE("a letter more, less, another or in the wrong place is near; another word is not") {
  using Row = std::pair<std::string, std::string>;
  for (const Row& row : std::vector<Row>{{"issuer", "issuer"},
                                         {"isuer", "issuer"},
                                         {"isssuer", "issuer"},
                                         {"issuet", "issuer"},
                                         {"isseur", "issuer"},
                                         {"fiel", "file"},
                                         {"clientid", "client-id"},
                                         {"frobnicate", ""},
                                         {"", ""},
                                         {"xyz", ""},
                                         {std::string(1000, 'i'), ""}}) {
    CAPTURE(row.first);
    CHECK(nearest(row.first, names) == row.second);
  }
}

TEST_CASE("the first part of a long name will do, of a short word too") {
  CHECK(nearest("pasword", names) == "password-stdin");
}

TEST_CASE("the nearest of several is taken, not the first") {
  CHECK(nearest("wrok", std::vector<std::string>{"word", "work"}) == "work");
}

TEST_CASE("of three letters, one may be wrong") {
  CHECK(nearest("ab", std::vector<std::string>{"xy"}).empty());
  CHECK(nearest("abc", std::vector<std::string>{"abd"}) == "abd");
}

TEST_CASE("choices are taken from their list") {
  CHECK(nearest_choice("jsno", "token|json|header") == "json");
  CHECK(nearest_choice("xml", "token|json|header").empty());
  CHECK(nearest_choice("json", "").empty());
}

TEST_CASE("the hint asks, or says something else where nothing is near") {
  CHECK(did_you_mean("work", "See the manual.") == "Did you mean \"work\"?");
  CHECK(did_you_mean("", "See the manual.") == "See the manual.");
  CHECK(did_you_mean("--", "issuer", "") == "Did you mean --issuer?");
  CHECK(did_you_mean("--", "", "").empty());
}

}  // namespace nearest_test
