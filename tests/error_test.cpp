#include <oauth_token/error.hpp>
#include <oauth_token/exit_status.hpp>

#include <string_view>

#include <doctest/doctest.h>

namespace error_test {

using namespace oauth_token;

TEST_CASE("each class has a name that finds it again, and the exit status that scripts rely on") {
  struct {
    ErrorClass error_class;
    std::string_view name;
    int status;
  } const rows[] = {
      {ErrorClass::internal, "internal", 1},
      {ErrorClass::usage, "usage", 2},
      {ErrorClass::config, "config", 2},
      {ErrorClass::credentials, "credentials", 3},
      {ErrorClass::reauthenticate, "reauthenticate", 4},
      {ErrorClass::mfa, "mfa", 5},
      {ErrorClass::password_change, "password-change", 5},
      {ErrorClass::interaction, "interaction", 5},
      {ErrorClass::client_auth, "client-auth", 6},
      {ErrorClass::grant_not_allowed, "grant-not-allowed", 6},
      {ErrorClass::scope, "scope", 6},
      {ErrorClass::request, "request", 6},
      {ErrorClass::network, "network", 7},
      {ErrorClass::timeout, "timeout", 7},
      {ErrorClass::rate_limited, "rate-limited", 7},
      {ErrorClass::server, "server", 7},
      {ErrorClass::protocol, "protocol", 8},
      {ErrorClass::tls, "tls", 9},
      {ErrorClass::insecure, "insecure", 9},
      {ErrorClass::store, "store", 10},
      {ErrorClass::output, "output", 10},
      {ErrorClass::interrupted, "interrupted", 130},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(to_string(row.error_class) == row.name);
    CHECK(error_class_from(row.name) == row.error_class);
    CHECK(exit_status(row.error_class) == row.status);
  }
  CHECK_FALSE(error_class_from("Usage").has_value());
  CHECK_FALSE(error_class_from("").has_value());
}

}  // namespace error_test
