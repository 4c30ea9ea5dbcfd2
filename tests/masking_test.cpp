#include "support/token_answer.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace masking_test {

using nlohmann::json;
using namespace world;

TEST_CASE("beside an error, members of an odd type are kept, and no token nor what belongs to one") {
  const auto extra = [](const char* members) {
    return json::parse(
        read(password_request(), 400, R"({"error":"invalid_grant",)" + std::string(members) + "}")
            .error()
            .extra);
  };
  CHECK(extra(R"("error_description":{"text":"x"},"error_uri":7)") ==
        json({{"error_description", {{"text", "x"}}}, {"error_uri", 7}}));
  CHECK(extra(R"("access_token":"a","refresh_token":"r","id_token":"i","token_type":"t","expires_in":1,)"
              R"("scope":"s","n":1)") == json({{"n", 1}}));
  CHECK(extra(R"("id_token":"i","scope":"s")") == json({{"scope", "s"}}));
}

TEST_CASE("no token reaches an error, whatever its name is like and wherever it stands") {
  const std::string beside = R"({"error":"invalid_scope",)";
  const std::pair<std::string, json> refused[] = {
      {R"("accessToken":"s","Refresh_Token":"s","ID-TOKEN":"s","device_secret":"s","token":"s")",
       json::object()},
      {R"("data":{"access_token":"s","n":1,"list":[{"tokens":["s"]},"t",null]},"auth_token":{"value":"s"})",
       {{"data", {{"n", 1}, {"list", {json::object(), "t", nullptr}}}}}},
      {R"("mfa_token":"m","token_type_hint":"h","tokenized":true,"_":"u")",
       {{"mfa_token", "m"}, {"token_type_hint", "h"}, {"tokenized", true}, {"_", "u"}}},
  };
  for (const auto& row : refused) {
    CAPTURE(row.first);
    CHECK(json::parse(read(password_request(), 400, beside + row.first + "}").error().extra) == row.second);
    CHECK(json::parse(read(password_request(), 200, beside + row.first + "}").error().extra) == row.second);
    CHECK(json::parse(read(password_request(), 400, "{" + row.first + "}").error().extra) == row.second);
  }
}

TEST_CASE("where a server says that all went well, an error shows texts by their lengths") {
  for (const int status : {200, 201})
    CHECK(json::parse(read(password_request(), status,
                           R"({"code":0,"result":"secret","data":{"jwt":"s","at":["secret!",true]}})")
                          .error()
                          .extra) ==
          json({{"code", 0}, {"result", "(6 bytes)"}, {"data", {{"at", {"(7 bytes)", true}}}}}));
}

TEST_CASE("secrets of the request are masked wherever the server repeats them") {
  const std::string raw = "s3cr%t:+/& =";
  const Asked request = password_request();
  const std::vector<std::string> forms = {
      "correct horse+battery",
      "correct%20horse%2Bbattery",
      "correct+horse%2Bbattery",
      "correct%20horse%2bbattery",
      "Y29ycmVjdCBob3JzZStiYXR0ZXJ5",
      raw,
      "s3cr%25t%3A%2B%2F%26%20%3D",
      // Basic of "app:" and the encoded secret
      "YXBwOnMzY3IlMjV0JTNBJTJCJTJGJTI2JTIwJTNE",
  };
  for (const std::string& form : forms) {
    CAPTURE(form);
    const json body = {{"error", "invalid_grant"},
                       {"error_description", "bad " + form + "!"},
                       {"error_uri", "https://as.example/?" + form},
                       {"list", {{{"deep", "x" + form}}}},
                       {form, 1}};
    const auto result = read(request, 400, body.dump());
    REQUIRE_FALSE(result);
    const Error& error = result.error();
    const bool is_basic = form.substr(0, 3) == "YXB";
    const std::string left = is_basic ? "YXBwOn" : "";
    CHECK(error.description == "bad " + left + "[masked]!");
    CHECK(error.uri == "https://as.example/?" + left + "[masked]");
    CHECK(json::parse(error.extra) ==
          json({{"list", {{{"deep", "x" + left + "[masked]"}}}}, {left + "[masked]", 1}}));
    const auto unknown = read(request, 400, json({{"errorSummary", form}}).dump());
    CHECK(json::parse(unknown.error().extra) == json({{"errorSummary", left + "[masked]"}}));
  }
}

TEST_CASE("what may be secret in a header or in the endpoint's query is masked") {
  Asked request = password_request();
  request.endpoint += "?api_key=in%20query&resource=https%3A%2F%2Fapi.example";
  request.headers = {{"X-Api-Key", "in-header"}, {"Origin", "https://app.example"}};
  const auto result = read(
      request, 401,
      R"({"error":"invalid_client","error_description":"in query, in-header, https://api.example https://app.example"})");
  CHECK(result.error().description == "[masked], [masked], https://api.example https://app.example");
}

TEST_CASE("tokens are masked in the words of the answer that issued them") {
  const auto refused = read(password_request(), 400,
                            R"({"error":"invalid_grant","error_uri":"https://as.example/?t=token-two",)"
                            R"("error_description":"issued token-one, token-two and dG9rZW4tc2l4",)"
                            R"("list":["token-one"],"token-two":1,"access_token":"token-one",)"
                            R"("refresh_token":"token-two","id_token":"token-six"})");
  CHECK(refused.error().description == "issued [masked], [masked] and [masked]");
  CHECK(refused.error().uri == "https://as.example/?t=[masked]");
  CHECK(json::parse(refused.error().extra) == json({{"list", {"[masked]"}}, {"[masked]", 1}}));
  const auto unknown = read(password_request(), 401, R"({"access_token":"token-one","hint":"token-one"})");
  CHECK(json::parse(unknown.error().extra) == json({{"hint", "[masked]"}}));
  CHECK(read(password_request(), 200, R"({"access_token":"token-one","token_type":"token-one"})")->warnings ==
        std::vector<std::string>{R"(The token is of the unknown type "[masked]".)"});
  const std::string large(9000, 'x');
  CHECK(read(password_request(), 400,
             R"({"error":"x","access_token":")" + large + R"(","error_description":"issued )" + large + "\"}")
            .error()
            .description.find(large.substr(0, 4096)) == std::string::npos);
}

TEST_CASE("short secrets are masked as words of their own only, ordinary words never") {
  const auto description = [](const char* password, const char* text) {
    Asked request;
    request.grant = PasswordGrant{.username = "admin", .password = Secret(password)};
    const json body = {{"error", "invalid_grant"}, {"error_description", text}};
    return read(request, 400, body.dump()).error().description;
  };
  CHECK(description("admi", "Authentication failed for admin") == "Authentication failed for admin");
  CHECK(description("admi", "wrong: admi.") == "wrong: [masked].");
  CHECK(description("p", "a p b") == "a p b");
  CHECK(description("admi", "Zadmi 5admi _admi äadmi admiz admi9") == "Zadmi 5admi _admi äadmi admiz admi9");
  CHECK(description("admi", "{admi} [admi] `admi/admi:") == "{[masked]} [[masked]] `[masked]/[masked]:");
  CHECK(description("password", "invalid_username_or_password") == "invalid_username_or_password");
  CHECK(description("hunter2hunter2", "xhunter2hunter2x") == "x[masked]x");
}

}  // namespace masking_test
