#include "output/server_words.hpp"

#include <string>

#include <doctest/doctest.h>

namespace server_words_test {

using namespace oauth_token;
using cli::words_of_server;

namespace {

std::string said(const char* extra, const char* code = "", const char* description = "", int status = 400) {
  return words_of_server({.error_class = ErrorClass::protocol,
                          .code = code,
                          .description = description,
                          .http_status = status,
                          .extra = extra});
}

}  // namespace

TEST_CASE("what a server or gateway says in JSON of its own is told") {
  CHECK(
      said(
          R"({"errorCode":"E0000047","errorSummary":"API call exceeded rate limit.","errorId":"x","errorCauses":[]})") ==
      "E0000047; API call exceeded rate limit.");
  CHECK(said(R"({"timestamp":1,"status":403,"error":"Forbidden","message":"CSRF","path":"/x"})") ==
        "Forbidden; CSRF");
  CHECK(said(R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"no grant_type"})") ==
        "Bad Request; no grant_type");
  CHECK(said(R"({"fault":{"faultstring":"Invalid Access Token","detail":{"errorcode":"x.invalid"}}})") ==
        "Invalid Access Token; x.invalid");
  CHECK(said(R"({"errors":[{"errorType":"t","message":"Refresh token invalid"}],"success":false})") ==
        "Refresh token invalid");
  CHECK(said(R"({"Message":"no","details":["a",{"id":"b"},["c"]]})") == "no; a; c");
  CHECK(said("{}").empty());
  CHECK(said(R"({"n":1,"message":null,"mfa_token":"secret","x":{"stateToken":"secret"}})").empty());
  CHECK(said(R"({"half":"\ud800","message":"a"})") == "a");
}

TEST_CASE("beside an error of OAuth's, what it says more is told once") {
  CHECK(said("{}", "invalid_grant") == "invalid_grant");
  CHECK(said(R"({"message":"Wrong.","hint":null})", "invalid_credentials") == "invalid_credentials: Wrong.");
  CHECK(said(R"({"hint":"Check the `scope` parameter","message":"Missing."})", "invalid_request",
             "Missing.") == "invalid_request: Missing.; Check the `scope` parameter");
  CHECK(said(R"({"error_codes":[50076],"suberror":"basic_action","claims":"{}","mfa_token":"secret"})",
             "invalid_grant", "MFA") == "invalid_grant: MFA; basic_action");
  CHECK(said(R"({"reason":"No such grant.","error_description":["Too old","too short"]})", "invalid_grant") ==
        "invalid_grant: No such grant.; Too old; too short");
  CHECK(said(R"({"message":"Wrong."})", "invalid_grant", "", 200) == "invalid_grant: Wrong.");
  CHECK(words_of_server({.code = "a", .uri = "https://as.example", .extra = R"({"hint":"b"})"}) ==
        "a: b https://as.example");
}

TEST_CASE("of what may hold a token under any name, nothing is told; and never more than can be read") {
  CHECK(said("{\"message\":\"(9 bytes)\"}", "", "", 200).empty());
  const std::string words = said(("{\"message\":\"" + std::string(3000, 'a') + "\",\"hint\":\"b\"}").c_str());
  CHECK(words == std::string(1000, 'a') + "... (3000 bytes in all)");
}

}  // namespace server_words_test
