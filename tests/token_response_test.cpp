#include "support/token_answer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace token_response_test {

using nlohmann::json;
using namespace world;

TEST_CASE(
    "a content type counts in any letter case and with any parameters, and so do types that end in +json") {
  const char* const body = R"({"access_token":"a","token_type":"Bearer"})";
  for (const char* const type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                 "application/json;profile=\"text/html\"", " application/json ;x=y",
                                 "application/problem+json", "application/vnd.example.v1+json; q=1",
                                 "application/json, application/json", "application/json,text/html"}) {
    CAPTURE(type);
    CHECK(read(password_request(), 200, body, type));
  }
  for (const char* const type :
       {"text/json", "application/jsonp", "application/json+xml", "json", "+json", "text/html",
        "application/javascript", "", ",application/json", "text/html, application/json"}) {
    CAPTURE(type);
    CHECK(class_of(read(password_request(), 200, body, type)) == "protocol");
    CHECK(read(password_request(), 200, body, type, {}, true));
  }
  CHECK(read(password_request(), 200, body, nullptr, {{"CONTENT-TYPE", "application/json"}}));
}

TEST_CASE("what is wrong with the rest of an answer does not cost the refresh token in it") {
  const auto issued = [](int status, std::string_view body, const char* type = json_type) {
    const Secret token =
        protocol::issued_refresh_token(answer(status, {{"Content-Type", type}}, body), {.now = noon});
    return std::string(token.expose());
  };
  const std::string rest = R"("access_token":"a","token_type":"Bearer","refresh_token":"r\u002d2")";
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const std::vector<std::string> broken{
      "{" + rest + "}",
      "\xef\xbb\xbf { " + rest + " } ",
      "{" + rest + R"(,"scope":"a","scope":"b"})",
      R"({"scope":"a","scope":"b","access_token":"b",)" + rest + "}",
      "{" + rest + R"(,"refresh_token":"r-2"})",
      R"({"refresh\u005ftoken":"r-2","x":"\\"})",
      R"({"name":"M)" + std::string("\xfc") + R"(ller",)" + rest + "}",
      R"({"text":"a\"b\\","line":"a)" + std::string("\n") + R"(b",)" + rest + "}",
      R"({"refresh_token":"r-2"})",
      "{" + rest + "}garbage\"",
      "{" + rest + "}" + std::string(1, '\0'),
      "{" + rest,
      "{" + rest + ",",
      "{" + rest + R"(,"id_token":"i)",
      "{" + rest + R"(,"x":[{"y":1},)",
      R"({"deep":)" + deep + "," + rest + "}",
      "{" + rest + R"(,"x":{"refresh_token":"r-3","y":["}",{}]},"error":"","n":nul})",
      "{" + rest + R"(,"error":{"code":0}})",
      "{" + rest + ",}",
      "{" + rest + R"(,"x":})",
  };
  for (const std::string& body : broken) {
    CAPTURE(body);
    CHECK(issued(200, body) == "r-2");
    CHECK(issued(202, body, "text/html") == "r-2");
    CHECK(issued(400, body) == "");
    CHECK(issued(302, body) == "");
  }
  const std::vector<std::string> hopeless{
      "{" + rest + R"(,"refresh_token":"r-3"})",
      "{" + rest + R"(,"refresh_token":null})",
      "{" + rest + R"(,"error":"invalid_scope"})",
      "{" + rest + " garbage}",
      "[{" + rest + "}]",
      "x{" + rest + "}",
      R"({"x":{"refresh_token":"r-2"}})",
      R"({"refresh_token":"r-2)",
      R"({"refresh_token":"r)" + std::string("\xfc") + "\"}",
      R"({"refresh_token":7})",
      R"({"refresh_token":["r-2"]})",
      "{}",
      "{",
      "",
  };
  for (const std::string& body : hopeless) {
    CAPTURE(body);
    CHECK(issued(200, body) == "");
  }
  CHECK(issued(200, "access_token=a&refresh_token=r%2D2", "text/plain") == "r-2");
  CHECK(issued(200, "error=x&refresh_token=r-2", "text/plain") == "");
}

TEST_CASE("a token needs a visible access_token and a token_type") {
  for (const char* const body :
       {R"({"access_token":1,"token_type":"Bearer"})", R"({"access_token":"a\u00e4","token_type":"Bearer"})",
        R"({"access_token":"a\n","token_type":"Bearer"})",
        R"({"access_token":"a\u007f","token_type":"Bearer"})", R"({"access_token":"a","token_type":1})",
        R"({"access_token":"a","token_type":null})", R"({"access_token":"a","token_type":""})",
        R"({"access_token":"a","access_token":"b","token_type":"Bearer"})", R"({"token_type":"Bearer"})"}) {
    CAPTURE(body);
    const auto result = read(password_request(), 200, body);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().extra.find("access_token") == std::string::npos);
  }
}

TEST_CASE("the token type is named canonically, an unknown one as it came with a warning") {
  const auto type = [](std::string_view written) {
    return read(password_request(), 200,
                R"({"access_token":"a","token_type":")" + std::string(written) + "\"}");
  };
  CHECK(type("BEARER")->token_type == "Bearer");
  CHECK(type("dpop")->token_type == "DPoP");
  CHECK(type("dpop")->warnings ==
        std::vector<std::string>{
            "The token is of the type DPoP, which was not asked for: it is bound to no key of this "
            "client, so no resource server should take it. Use --dpop."});
  CHECK(type("bearer")->warnings.empty());
  CHECK(type("mac")->token_type == "mac");
  CHECK(type("N_A")->warnings ==
        std::vector<std::string>{"What the server issued is no access token: issued_token_type says what it "
                                 "is (RFC 8693 s2.2.1)."});
  CHECK(type("mac")->warnings == std::vector<std::string>{"The token is of the unknown type \"mac\"."});
  CHECK(type("\\u001b[2J")->warnings ==
        std::vector<std::string>{"The token is of the unknown type \"\\x1b[2J\"."});
}

TEST_CASE("expires_in is read in every form that servers use") {
  struct Row {
    std::string written;
    std::optional<std::int64_t> lifetime;
    bool unusable;
    std::size_t warnings;
  };
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  const std::string zeros(400, '0');
  const Row rows[] = {
      {"3600", 3600, false, 0},
      {"\"3599\"", 3599, false, 0},
      {"3599.7", 3599, false, 0},
      {"3.6e3", 3600, false, 0},
      {"\" 60 \"", 60, false, 0},
      {"0", 0, true, 0},
      {"-0", 0, true, 0},
      {"0.5", 0, true, 0},
      {"-1", {}, true, 1},
      {"-0.5", {}, true, 1},
      {"\"-1\"", {}, true, 1},
      {"\"soon\"", {}, true, 1},
      {"\"\"", {}, true, 1},
      {"true", {}, true, 1},
      {"[3600]", {}, true, 1},
      {"{}", {}, true, 1},
      {"null", {}, false, 0},
      {"\"0x10\"", {}, true, 1},
      {"\"inf\"", {}, true, 1},
      {"\"nan\"", {}, true, 1},
      {"\"+60\"", {}, true, 1},
      {"\"12abc\"", {}, true, 1},
      {"9223372036854775807", largest, false, 0},
      {"9223372036854775808", largest, false, 0},
      {"1e400", largest, false, 0},
      {"1e30", largest, false, 0},
      {"1e-400", 0, true, 0},
      {"-1e400", {}, true, 1},
      {"1E-400", 0, true, 0},
      {"-1e-400", {}, true, 1},
      {"-1e30", {}, true, 1},
      {"-9223372036854775809", {}, true, 1},
      {"\"3600.9\"", 3600, false, 0},
      {"0." + zeros + "1", 0, true, 0},
      {"-0." + zeros + "1", {}, true, 1},
      {"0." + zeros + "1e+20", 0, true, 0},
      {"0." + zeros + "1e405", 10'000, false, 0},
      {"1" + zeros + ".5", largest, false, 0},
      {"1" + zeros + ".0e-20", largest, false, 0},
      {"1e99999999999999999999", largest, false, 0},
      {"0.1e+99999999999999999999", largest, false, 0},
      {"1.5e9223372036854775807", largest, false, 0},
      {"9e-99999999999999999999", 0, true, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.written);
    const auto token =
        read(password_request(), 200,
             R"({"access_token":"a","token_type":"Bearer","scope":"read","expires_in":)" + row.written + "}");
    REQUIRE(token);
    CHECK(token->lifetime.has_value() == row.lifetime.has_value());
    if (row.lifetime) {
      CHECK(token->lifetime->count() == *row.lifetime);
      CHECK(token->expires_at ==
            noon + std::chrono::seconds(std::min<std::int64_t>(*row.lifetime, 315'360'000)));
    } else {
      CHECK_FALSE(token->expires_at);
    }
    CHECK(token->lifetime_unusable == row.unusable);
    CHECK(token->warnings.size() == row.warnings);
  }
}

TEST_CASE("the scope is the granted one, else the requested one; a narrower one is said") {
  const auto scope = [](std::string_view members) {
    return read(password_request(), 200,
                R"({"access_token":"a","token_type":"Bearer")" + std::string(members) + "}");
  };
  CHECK(scope("")->scope == "read");
  CHECK_FALSE(scope("")->scope_granted);
  CHECK(scope(R"(,"scope":null)")->scope == "read");
  CHECK(scope(R"(,"scope":"")")->scope == "read");
  CHECK(scope(R"(,"scope":"read write")")->scope == "read write");
  CHECK(scope(R"(,"scope":"Read")")->warnings.empty());
  CHECK(scope(R"(,"scope":"write")")->warnings ==
        std::vector<std::string>{"The granted scope is narrower than requested: read missing."});
  CHECK(scope(R"(,"scope":17)")->scope == "read");
  CHECK(scope(R"(,"scope":17)")->warnings.size() == 1);
}

TEST_CASE("standard members of an odd type are left out with a warning, unknown ones are kept as they are") {
  const auto token =
      read(password_request(), 200,
           R"({"access_token":"a","token_type":"Bearer","refresh_token":7,"id_token":{"a":1},)"
           R"("n":1.50,"big":12345678901234567890,"nothing":null,"list":[{}],"":"empty name"})");
  REQUIRE(token);
  CHECK(token->refresh_token.empty());
  CHECK(token->id_token.empty());
  CHECK(token->warnings.size() == 2);
  CHECK(token->extra.expose() ==
        R"({"n":1.50,"big":12345678901234567890,"nothing":null,"list":[{}],"":"empty name"})");
}

TEST_CASE("a lenient reader takes a form, and an error in one") {
  const auto form = [](const char* body) {
    return read(password_request(), 200, body, "text/plain", {}, true);
  };
  const auto token = form("access_token=a%2Bb&token_type=bearer&expires_in=60&expires=9&x=%C3%A4");
  REQUIRE(token);
  CHECK(token->access_token.expose() == "a+b");
  CHECK(token->token_type == "Bearer");
  CHECK(token->lifetime == std::chrono::seconds(60));
  CHECK(extra_of(*token) == json({{"expires", "9"}, {"x", "\u00e4"}}));
  for (const char* const body :
       {"token_type=bearer&access_token=a\r\n", "access_token=a&token_type=bearer\n"}) {
    CAPTURE(body);
    const auto line = form(body);
    REQUIRE(line);
    CHECK(line->access_token.expose() == "a");
    CHECK(line->token_type == "Bearer");
  }
  CHECK(form("error=invalid_grant&error_description=no+luck").error().description == "no luck");
  CHECK(class_of(form("hello")) == "protocol");
  CHECK(class_of(form("access_token=%zz")) == "protocol");
}

TEST_CASE("an introspection answer is the whole object, with a boolean active") {
  Asked request;
  const Secret token("token-token");
  const auto read_it = [&](int status, std::string_view body, const char* type = json_type) {
    return protocol::introspection_response(request.client(), {token, "access_token"},
                                            answer(status, {{"Content-Type", type}}, body), {.now = noon});
  };
  CHECK(read_it(200, R"({"active":true,"exp":1.0,"aud":["a"]})")->expose() ==
        R"({"active":true,"exp":1.0,"aud":["a"]})");
  CHECK(read_it(200, R"( {"active":false} )")->expose() == R"({"active":false})");
  for (const char* const body : {R"({"active":"true"})", "{}", "[]", ""})
    CHECK(read_it(200, body).error().error_class == ErrorClass::protocol);
  CHECK(read_it(200, R"({"active":true})", "text/html").error().error_class == ErrorClass::protocol);
  CHECK(read_it(401, R"({"error":"invalid_client"})").error().error_class == ErrorClass::client_auth);
  CHECK(read_it(400, R"({"error":"x","error_description":"token-token"})").error().description == "[masked]");
}

TEST_CASE("a revocation is done when the server says so: 200, and not a login page") {
  Asked request;
  const Secret token("token-token");
  const auto outcome = [&](int status, std::string_view body, const char* type) {
    const auto result = protocol::revocation_response(
        request.client(), {token, ""}, answer(status, {{"Content-Type", type}}, body), {.now = noon});
    return result ? "revoked" : std::string(to_string(result.error().error_class));
  };
  CHECK(outcome(200, "", "text/html") == "revoked");
  CHECK(outcome(200, "\n", "text/plain") == "revoked");
  CHECK(outcome(200, "{}", json_type) == "revoked");
  CHECK(outcome(200, "true", json_type) == "revoked");
  CHECK(outcome(200, "OK", "text/plain") == "revoked");
  CHECK(outcome(200, "<html>log in</html>", "text/html") == "protocol");
  CHECK(outcome(200, "<html>log in</html>", "text/plain") == "protocol");
  CHECK(outcome(200, "<fault/>", "text/xml") == "protocol");
  CHECK(outcome(200, "{", json_type) == "protocol");
  CHECK(outcome(204, "", json_type) == "protocol");
  CHECK(outcome(200, R"({"error":"invalid_client"})", json_type) == "client-auth");
  CHECK(outcome(400, R"({"error":"unsupported_token_type"})", json_type) == "request");
  CHECK(outcome(503, "", json_type) == "server");
  CHECK(outcome(302, "", json_type) == "protocol");
}

}  // namespace token_response_test
