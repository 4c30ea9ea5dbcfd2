#include <oauth_token/http.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace trace_test {

using namespace oauth_token;

namespace {

HttpRequest password_request() {
  HttpRequest request{.url = "https://as.example/token?tenant=abc",
                      .headers = {{"Accept", "application/json"}, {"X-Api-Key", "k3y-k3y"}}};
  // "app:s3cret%2Fs3cret"
  request.authorization = Secret("Basic YXBwOnMzY3JldCUyRnMzY3JldA==");
  request.body = Secret(
      "grant_type=password&username=alice&password=correct%20horse&scope=a%20b&client_id=app"
      "&resource=https%3A%2F%2Fapi.example&audience=x&otp=123456&note=%1B%5B2J");
  return request;
}

HttpResponse response(int status, std::vector<HttpHeader> headers, std::string_view body) {
  return {.status = status, .headers = std::move(headers), .body = Secret(body)};
}

}  // namespace

TEST_CASE("a request is shown with public values, and lengths for all else") {
  CHECK(describe(password_request()) ==
        "> POST https://as.example/token? (10 bytes)\n"
        "> Authorization: Basic (28 bytes)\n"
        "> Accept: application/json\n"
        "> X-Api-Key: (7 bytes)\n"
        ">\n"
        "> grant_type: password\n"
        "> username: (5 bytes)\n"
        "> password: (13 bytes)\n"
        "> scope: a b\n"
        "> client_id: app\n"
        "> resource: https://api.example\n"
        "> audience: x\n"
        "> otp: (6 bytes)\n"
        "> note: (4 bytes)\n");
}

TEST_CASE("a token is shown by its length") {
  const HttpResponse answer = response(
      200, {{"Content-Type", "application/json"}, {"Set-Cookie", "sid=1"}},
      R"({"access_token":"secret-token","token_type":"Bearer","expires_in":3600,"scope":"a","x":{"y":1}})");
  CHECK(describe(answer, password_request()) ==
        "< HTTP 200\n"
        "< Content-Type: application/json\n"
        "< Set-Cookie: (5 bytes)\n"
        "<\n"
        "< access_token: (12 bytes)\n"
        "< token_type: Bearer\n"
        "< expires_in: 3600\n"
        "< scope: a\n"
        "< x: (7 bytes)\n");
}

TEST_CASE("an error is shown in the server's words, secrets masked and control characters escaped") {
  const HttpResponse answer = response(
      400, {{"Location", "https://as.example/login?password=correct%20horse"}, {"Server", "correct horse"}},
      R"({"error":"invalid_grant","error_description":"correct horse, s3cret/s3cret, )"
      R"(YXBwOnMzY3JldCUyRnMzY3JldA== \u001b[3J","correct horse":1})");
  CHECK(describe(answer, password_request()) ==
        "< HTTP 400\n"
        "< Location: https://as.example/login? (17 bytes)\n"
        "< Server: [masked]\n"
        "<\n"
        "< error: invalid_grant\n"
        "< error_description: [masked], [masked], [masked] \\x1b[3J\n"
        "< [masked]: (1 bytes)\n");
}

TEST_CASE("what may be secret in a header or in the query is not shown where the server repeats it") {
  HttpRequest request = password_request();
  request.url += "&api_key=qu%2Fery-k3y#fragment";
  CHECK(
      describe(response(400, {}, R"({"error":"k3y-k3y","error_description":"qu/ery-k3y, application/json"})"),
               request) ==
      "< HTTP 400\n<\n< error: [masked]\n< error_description: [masked], application/json\n");
}

TEST_CASE("a token is masked in the words of the answer that issued it, and no lifetime") {
  const HttpResponse answer =
      response(200, {{"Server", "token-one"}},
               R"({"access_token":"token-one","refresh_token":"token-two",)"
               R"("id_token":"token-six","token_type":"token-one","scope":"a token-two",)"
               R"("error_description":"dG9rZW4tc2l4","expires_in":"token","token-one":1})");
  CHECK(describe(answer, password_request()) ==
        "< HTTP 200\n"
        "< Server: [masked]\n"
        "<\n"
        "< access_token: (9 bytes)\n"
        "< refresh_token: (9 bytes)\n"
        "< id_token: (9 bytes)\n"
        "< token_type: [masked]\n"
        "< scope: a [masked]\n"
        "< error_description: [masked]\n"
        "< expires_in: (5 bytes)\n"
        "< [masked]: (1 bytes)\n");
  CHECK(describe(response(200, {}, R"({"expires_in":" 3600 "})"), password_request()) ==
        "< HTTP 200\n<\n< expires_in:  3600 \n");
}

TEST_CASE("without its request, an answer is shown without any text of the server's own") {
  CHECK(describe(response(
            400, {{"Server", "x"}},
            R"({"error":"correct horse","token_type":"correct horse","expires_in":60,"mine":[]})")) ==
        "< HTTP 400\n"
        "< Server: (1 bytes)\n"
        "<\n"
        "< error: (13 bytes)\n"
        "< token_type: (13 bytes)\n"
        "< expires_in: 60\n"
        "< name of 4 bytes: (2 bytes)\n");
}

TEST_CASE("a body that is no JSON object is a length") {
  CHECK(describe(response(200, {}, "<html>correct horse</html>"), password_request()) ==
        "< HTTP 200\n<\n< (26 bytes)\n");
  CHECK(describe(response(200, {}, ""), password_request()) == "< HTTP 200\n<\n");
}

TEST_CASE("an address is shown without what may be a secret in it: query, fragment, parameters, user") {
  const std::pair<const char*, const char*> rows[] = {
      {"https://app.example/cb#access_token=SECRET-TOKEN-1&id_token=SECRET-2",
       "https://app.example/cb# (45 bytes)"},
      {"https://app.example/cb?a=b#c", "https://app.example/cb? (5 bytes)"},
      {"https://user:secret@app.example/cb", "(34 bytes)"},
      {"https://as.example/login;jsessionid=SECRET?a", "https://as.example/login; (19 bytes)"},
      {"/cb", "/cb"},
      {"/mail/a@b", "/mail/a@b"},
  };
  const oauth_token::HttpRequest request{.url = "https://as.example/token"};
  for (const auto& [location, shown] : rows) {
    oauth_token::HttpResponse response{.status = 302};
    response.headers = {{"Location", location}};
    const std::string text = oauth_token::describe(response, request);
    CHECK(text.find(std::string("Location: ") + shown + "\n") != std::string::npos);
  }
}

}  // namespace trace_test
