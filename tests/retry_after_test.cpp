#include "support/token_answer.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace retry_after_test {

using namespace world;

TEST_CASE("Retry-After is read in seconds and as a date") {
  const auto wait = [](const char* value) {
    return read(password_request(), 503, "", json_type, {{"retry-after", value}}).error().retry_after;
  };
  using std::chrono::seconds;
  CHECK(wait("30") == seconds(30));
  CHECK(wait(" 0 ") == seconds(0));
  CHECK(wait("99999999999999999999") == seconds(315'360'000));
  CHECK(wait("Sat, 21 Nov 2026 12:01:00 GMT") == seconds(60));
  CHECK(wait("Saturday, 21-Nov-26 12:01:00 GMT") == seconds(60));
  CHECK(wait("Sat Nov 21 12:01:00 2026") == seconds(60));
  CHECK(wait("Sun Nov  1 12:01:00 2026") == seconds(0));
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT") == seconds(0));
  CHECK(wait("Thursday, 01-Jan-99 00:00:00 GMT") == seconds(0));
  CHECK(wait("Sat, 21 Nov 2026 12:00:60 GMT") == seconds(60));
  for (const char* const nonsense : {"-1",
                                     "soon",
                                     "",
                                     "1.5",
                                     "30s",
                                     "Sat, 31 Feb 2027 12:00:00 GMT",
                                     "Sat, 1a Feb 2027 12:00:00 GMT",
                                     "Sat, 99999999999 Feb 2027 12:00:00 GMT",
                                     "Sat, 21 Nav 2026 12:01:00 GMT",
                                     "Sat, 21 Nov 026 12:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:00 GMT +1",
                                     "Sat, 21 Nov 2026 24:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:60:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:61 GMT",
                                     "Sat, 21 Nov 2026 aa:01:00 GMT",
                                     "Sat, 21 Nov 2026 12:aa:00 GMT",
                                     "Sat, 21 Nov 2026 12:01:aa GMT",
                                     "Sat, 21 Nov 2026 12.01:00 GMT",
                                     "Sat, 21 Nov 2026 12:01.00 GMT",
                                     "Sat, 21 Nov 2026 12:01 GMT",
                                     "Sat, 21 Nov 2026 12:01:00 CET"}) {
    CAPTURE(nonsense);
    CHECK_FALSE(wait(nonsense));
  }
}

TEST_CASE("how long a server asks to wait is told, whether it was asked too often or is out of order") {
  const std::vector<HttpHeader> wait{{"Retry-After", "5"}};
  for (const int status : {429, 500, 503}) {
    CHECK(read(password_request(), status, "busy", "text/plain", wait).error().hint ==
          "It asks to wait 5 seconds.");
    CHECK(read(password_request(), status, R"({"error":"temporarily_unavailable"})", json_type, wait)
              .error()
              .hint == "It asks to wait 5 seconds.");
  }
  CHECK(read(password_request(), 503, "").error().hint == "Try again later.");
  CHECK(read(password_request(), 400, R"({"error":"invalid_grant"})", json_type, wait)
            .error()
            .hint.find("lock-out") != std::string::npos);
}

TEST_CASE("after an answer, only what spends nothing, or what the server itself asks for, may be repeated") {
  const Asked credentials;
  const std::vector<HttpHeader> wait{{"Retry-After", "5"}};
  for (const int status : {429, 503}) {
    CHECK_FALSE(read(password_request(), status, "", json_type, wait).error().retry_safe);
    CHECK(read(refresh_request(), status, "", json_type, wait).error().retry_safe);
    CHECK_FALSE(read(refresh_request(), status, "").error().retry_safe);
    CHECK(read(credentials, status, "").error().retry_safe);
  }
  CHECK_FALSE(read(refresh_request(), 500, "", json_type, wait).error().retry_safe);
  CHECK_FALSE(read(credentials, 400, R"({"error":"invalid_scope"})").error().retry_safe);
}

}  // namespace retry_after_test
