#include "protocol/client_assertion.hpp"

#include "base/base64.hpp"

#include <oauth_token/error.hpp>

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace client_assertion_test {

using namespace oauth_token;

namespace {

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'000'000)};

std::string encoded(std::string_view text) {
  SecretBuffer out;
  append_base64(out, text, Base64::url);
  return std::string(out.expose());
}

std::string jwt(std::string_view claims, std::string_view header = R"({"alg":"RS256"})") {
  return encoded(header) + "." + encoded(claims) + "." + encoded("signature");
}

Result<Secret> checked(std::string_view text, std::string_view client_id = "app") {
  return protocol::ready_made_assertion(Secret(text), client_id, now);
}

void check_refused(std::string_view text, std::string_view words) {
  const auto result = checked(text);
  REQUIRE_FALSE(result);
  CHECK(result.error().error_class == ErrorClass::config);
  CHECK(result.error().sent == Sent::no);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("an assertion for this client that still lives is sent as it is, without white space behind it") {
  const std::string good = jwt(R"({"iss":"app","sub":"app","aud":"https://as.example","exp":1000001})");
  CHECK(checked(good)->expose() == good);
  CHECK(checked(good + " \t\r\n\n")->expose() == good);
  CHECK(checked(jwt(R"({"sub":"app"})")));
  CHECK(checked(jwt(R"({"sub":"app","exp":"1000001"})")));
}

TEST_CASE("an expired one is refused with a sentence that says so") {
  check_refused(jwt(R"({"sub":"app","exp":1000000})"), "expired 0 seconds ago");
  check_refused(jwt(R"({"sub":"app","exp":999940.5})"), "expired 60 seconds ago");
  check_refused(jwt(R"({"sub":"app","exp":-1e400})"), "expired 1000000 seconds ago");
}

TEST_CASE("one for another client is refused, naming both") {
  check_refused(jwt(R"({"iss":"other","sub":"other","exp":1000001})"),
                R"(made for "other", but the client is "app")");
  check_refused(jwt(R"({"iss":"app","sub":"other"})"), R"(made for "other")");
  check_refused(jwt(R"({"iss":"https://other.example","sub":"https://other.example"})"), "made for");
  check_refused(jwt(R"({"exp":1000001})"), R"(made for "")");
}

TEST_CASE("a federated token names a workload, not the client") {
  CHECK(
      checked(jwt(R"({"iss":"https://cluster.example","sub":"system:serviceaccount:ns:ci","exp":1000001})")));
  check_refused(jwt(R"({"iss":"https://cluster.example","sub":"system:serviceaccount:ns:ci","exp":1})"),
                "expired");
}

TEST_CASE("what is no signed JSON Web Token is refused") {
  check_refused("", "empty");
  check_refused(" \n", "empty");
  const std::string good = jwt(R"({"sub":"app"})");
  for (const std::string& text :
       {std::string("opaque"), std::string("a.b"), std::string("a.b.c"), std::string(".."), " " + good,
        good + ".x", good + ".", good + "=", good.substr(0, good.rfind('.') + 1), jwt("[]"), jwt("{"),
        jwt("{}", "[]"), "two\nlines" + good, good + "\n" + good}) {
    CAPTURE(text);
    check_refused(text, "no signed JSON Web Token");
  }
}

}  // namespace client_assertion_test
