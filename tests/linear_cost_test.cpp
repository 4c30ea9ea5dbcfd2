#include "protocol/token_response.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace oauth_token;

// What a hostile answer costs is counted in basic blocks, which no load of the machine changes: lib/protocol
// is compiled for this test once more, with a call of this function in each of them.
static std::uint64_t steps = 0;
extern "C" void __sanitizer_cov_trace_pc() { ++steps; }  // NOLINT(bugprone-reserved-identifier)

namespace {

constexpr std::size_t small = std::size_t{32} << 10U;
constexpr std::size_t large = 8 * small;

std::string repeated(const std::function<std::string(std::size_t)>& piece, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += piece(i);
  return text;
}

std::uint64_t cost(std::string_view body, int status, bool lenient) {
  const ClientAuthentication authentication = ClientSecretPost{"app", Secret("a client secret, aaaaaaaa")};
  const Secret none;
  const protocol::ClientRequest client{"https://as.example/token", authentication, none, {}};
  const Grant grant = PasswordGrant{.username = "alice", .password = Secret("aaaaaaaaaaaaaaaaaaaaaaab")};
  HttpResponse response{
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = Secret(body)};
  const std::uint64_t before = steps;
  [[maybe_unused]] const auto token =
      protocol::token_response(client, grant, std::move(response), {.lenient = lenient});
  return steps - before;
}

}  // namespace

TEST_CASE("eight times the hostile answer costs eight times the steps, whatever it is made of") {
  const auto number = [](std::size_t i) { return std::to_string(i); };
  struct {
    std::string what;
    const char* start;
    std::function<std::string(std::size_t)> piece;
    const char* end;
  } const rows[] = {
      {"members beside an error", R"({"error":"invalid_grant")",
       [&](std::size_t i) { return ",\"m" + number(i) + "\":0"; }, "}"},
      {"members of one name", R"({"error":"invalid_grant")", [](std::size_t) { return ",\"scope\":\"\""; },
       "}"},
      {"members that are neither token nor error", R"({"a":0)",
       [&](std::size_t i) { return ",\"m" + number(i) + "\":0"; }, "}"},
      {"members beside a token", R"({"access_token":"at","token_type":"Bearer")",
       [&](std::size_t i) { return ",\"m" + number(i) + "\":{}"; }, "}"},
      {"tokens beside an error", R"({"error":"invalid_grant","access_token":"at")",
       [](std::size_t) { return ",\"access_token\":\"at\""; }, "}"},
      {"a long description", R"({"error":"invalid_grant","error_description":")",
       [](std::size_t) { return "aaaaaaaaaaaaaaaa"; }, "\"}"},
      {"escapes", R"({"error":"invalid_grant","error_description":")",
       [](std::size_t) { return R"(\ud83d\ude00\u0000\n)"; }, "\"}"},
      {"a long error code", R"({"error":")", [](std::size_t) { return "invalid_grant"; }, "\"}"},
      {"values in an array", R"({"error":"invalid_grant","m":[0)", [](std::size_t) { return ",{\"a\":[]}"; },
       "]}"},
      {"unfinished JSON", R"({"error":"invalid_grant")", [](std::size_t) { return ",\"m\":[[[]]]"; }, ""},
      {"a form", "a=b", [&](std::size_t i) { return "&m" + number(i) + "=%41"; }, ""},
  };
  for (const auto& row : rows) {
    for (const int status : {200, 400}) {
      CAPTURE(row.what);
      CAPTURE(status);
      const auto cost_of = [&](std::size_t size) {
        return cost(row.start + repeated(row.piece, size) + row.end, status, true);
      };
      const std::uint64_t one = cost_of(small);
      CHECK(one > 100);
      CHECK(cost_of(large) < one * 10);
    }
  }
}
