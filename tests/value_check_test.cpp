#include "options/value_check.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace value_check_test {

using namespace oauth_token;
using namespace oauth_token::cli;
using namespace std::chrono_literals;

namespace {

/// The values that are taken, with bars between, or the sentence of the error.
std::string checked(std::string_view option, std::string_view value, const std::string& folder = "/etc") {
  const auto values = check_value(find_option(option)->option(), value, "it", folder, ErrorClass::config);
  if (!values) return values.error().message;
  std::string all;
  for (const std::string& one : *values) all += (all.empty() ? "" : "|") + one;
  return all;
}

}  // namespace

TEST_CASE("values are taken, or refused with what they must be") {
  const std::string seconds = "it must be a number of seconds above 0, at most 86400.";
  const std::string lifetime = "it must be a whole number of seconds, 1 to 300.";
  const std::string descriptor = "it must be the number of an open descriptor.";
  const std::string jobs = "it must be a number from 1 to 128.";
  const std::string rate = "it must be a number above 0, at most 86400.";
  const std::string control = "it must not hold a control character.";
  const struct {
    std::string_view option;
    std::string_view value;
    std::string result;
  } rows[] = {
      {"timeout", "30", "30"},
      {"timeout", "0.5", "0.5"},
      {"timeout", "86400", "86400"},
      {"timeout", "86400.001", seconds},
      {"timeout", "86401", seconds},
      {"timeout", "0", seconds},
      {"timeout", "0.000", seconds},
      {"timeout", "-1", seconds},
      {"timeout", "1.", seconds},
      {"timeout", ".5", seconds},
      {"timeout", "1.0000", seconds},
      {"timeout", "1.x", seconds},
      {"timeout", "", seconds},
      {"assertion-lifetime", "1", "1"},
      {"assertion-lifetime", "300", "300"},
      {"assertion-lifetime", "0", lifetime},
      {"assertion-lifetime", "301", lifetime},
      {"assertion-lifetime", "1.5", lifetime},
      {"password-fd", "0", "0"},
      {"password-fd", "1048575", "1048575"},
      {"password-fd", "1048576", descriptor},
      {"password-fd", "x", descriptor},
      {"jobs", "1", "1"},
      {"jobs", "128", "128"},
      {"jobs", "0", jobs},
      {"jobs", "129", jobs},
      {"jobs", "many", jobs},
      {"rate", "0.25", "0.25"},
      {"rate", "0", rate},
      {"rate", "fast", rate},
      {"client-id", "app", "app"},
      {"client-id", "", "it must not be empty."},
      {"client-id", "a\tb", control},
      {"client-id", "a\x7f", control},
      {"scope", " read  write ", "read|write"},
      {"cacert", "ca.pem", "/etc/ca.pem"},
      {"cacert", "/ca.pem", "/ca.pem"},
      {"cacert", "-", "it must be a file, not \"-\"."},
      {"signing-key", "key.pem", "/etc/key.pem"},
      {"signing-key", "pkcs11:object=app", "pkcs11:object=app"},
      {"insecure-tls", "yes", "true"},
      {"insecure-tls", "maybe", "it must be true or false."},
      {"dpop", "true", "required"},
      {"dpop", "optional", "optional"},
      {"dpop", "never", "it must be one of required, optional."},
      {"store", "keyring", "keyring"},
      {"store", "file:/srv/tokens", "file:/srv/tokens"},
      {"store", "file:/srv/\n", control},
  };
  for (const auto& row : rows) {
    CAPTURE(row.option);
    CAPTURE(row.value);
    CHECK(checked(row.option, row.value) == row.result);
  }
  CHECK(checked("store", "file:tokens").starts_with("it must be one of "));
}

TEST_CASE("a path starts from the folder of the file that names it, or from home") {
  ::setenv("HOME", "/home/alice", 1);
  CHECK(checked("cacert", "~/ca.pem") == "/home/alice/ca.pem");
  CHECK(checked("cacert", "ca.pem", "/srv/app") == "/srv/app/ca.pem");
  ::unsetenv("HOME");
  CHECK(checked("cacert", "~/ca.pem") ==
        "it is a relative path, and the folder that it starts from is not known.");
}

TEST_CASE("truth is written in four ways, and so is its contrary") {
  for (const std::string_view text : {"1", "true", "yes", "on"}) CHECK(parse_truth(text) == "true");
  for (const std::string_view text : {"0", "false", "no", "off"}) CHECK(parse_truth(text) == "false");
  for (const std::string_view text : {"", "TRUE", "2", "y"}) CHECK_FALSE(parse_truth(text).has_value());
}

TEST_CASE("seconds have up to three decimals, and a rate is the pause between two") {
  CHECK(parse_seconds("2") == 2000ms);
  CHECK(parse_seconds("2.5") == 2500ms);
  CHECK(parse_seconds("2.05") == 2050ms);
  CHECK(parse_seconds("2.005") == 2005ms);
  CHECK(pause_of_rate("4") == 250ms);
  CHECK(pause_of_rate("0.001") == 1000s);
  CHECK(pause_of_rate("none") == 0s);
  CHECK(parse_whole_number("12") == 12);
  CHECK_FALSE(parse_whole_number("12x").has_value());
}

}  // namespace value_check_test
