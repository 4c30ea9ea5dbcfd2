#include "support/token_answer.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace error_response_test {

using nlohmann::json;
using namespace world;

TEST_CASE("a code means what the request makes of it") {
  struct Row {
    const char* code;
    int status;
    const char* password;
    const char* refresh;
    const char* client_credentials;
  };
  const Row rows[] = {
      {"invalid_grant", 400, "credentials", "reauthenticate", "request"},
      {"access_denied", 403, "credentials", "reauthenticate", "request"},
      {"unauthorized", 401, "credentials", "reauthenticate", "request"},
      {"invalid_token", 401, "credentials", "reauthenticate", "request"},
      {"token_inactive", 401, "credentials", "reauthenticate", "request"},
      {"expired_token", 400, "request", "reauthenticate", "request"},
      {"invalid_refresh_token", 400, "request", "reauthenticate", "request"},
      {"bad_refresh_token", 200, "request", "reauthenticate", "request"},
      {"invalid_client", 400, "client-auth", "client-auth", "client-auth"},
      {"invalid_client_id", 400, "client-auth", "client-auth", "client-auth"},
      {"incorrect_client_credentials", 200, "client-auth", "client-auth", "client-auth"},
      {"unauthorized_client", 401, "client-auth", "client-auth", "client-auth"},
      {"unauthorized_client", 403, "grant-not-allowed", "grant-not-allowed", "grant-not-allowed"},
      {"unsupported_grant_type", 501, "grant-not-allowed", "grant-not-allowed", "grant-not-allowed"},
      {"invalid_scope", 400, "scope", "scope", "scope"},
      {"invalid_target", 400, "scope", "scope", "scope"},
      {"invalid_resource", 400, "scope", "scope", "scope"},
      {"insufficient_scope", 403, "request", "request", "request"},
      {"invalid_request", 401, "request", "request", "request"},
      {"use_dpop_nonce", 401, "request", "request", "request"},
      {"invalid_dpop_proof", 400, "request", "request", "request"},
      {"mfa_required", 403, "mfa", "mfa", "mfa"},
      {"two_factor_required", 400, "mfa", "mfa", "mfa"},
      {"otp_required", 400, "mfa", "mfa", "mfa"},
      {"mfa_registration_required", 403, "mfa", "mfa", "mfa"},
      {"second_authentication_factor_required", 401, "mfa", "mfa", "mfa"},
      {"authorization_pending", 400, "mfa", "mfa", "mfa"},
      {"slow_down", 400, "mfa", "mfa", "mfa"},
      {"change_password_required", 400, "password-change", "password-change", "password-change"},
      {"password_change_required", 401, "password-change", "password-change", "password-change"},
      {"password_reset_required", 403, "password-change", "password-change", "password-change"},
      {"password_expired", 400, "password-change", "password-change", "password-change"},
      {"password_leaked", 401, "password-change", "password-change", "password-change"},
      {"interaction_required", 400, "interaction", "interaction", "interaction"},
      {"login_required", 400, "interaction", "interaction", "interaction"},
      {"consent_required", 400, "interaction", "interaction", "interaction"},
      {"account_selection_required", 400, "interaction", "interaction", "interaction"},
      {"email_verification_required", 403, "interaction", "interaction", "interaction"},
      {"sso_required", 403, "interaction", "interaction", "interaction"},
      {"requires_verification", 401, "interaction", "interaction", "interaction"},
      {"insufficient_user_authentication", 401, "interaction", "interaction", "interaction"},
      {"unmet_authentication_requirements", 403, "interaction", "interaction", "interaction"},
      {"temporarily_unavailable", 400, "rate-limited", "rate-limited", "rate-limited"},
      {"too_many_requests", 400, "rate-limited", "rate-limited", "rate-limited"},
      {"rate_limit_exceeded", 403, "rate-limited", "rate-limited", "rate-limited"},
      {"invalid_request", 429, "rate-limited", "rate-limited", "rate-limited"},
      {"server_error", 400, "server", "server", "server"},
      {"invalid_grant", 503, "credentials", "reauthenticate", "request"},
      {"17003", 400, "request", "request", "request"},
      {"something_else", 401, "credentials", "request", "request"},
      {"something_else", 403, "credentials", "request", "request"},
      {"something_else", 200, "request", "request", "request"},
      {"something_required", 401, "request", "request", "request"},
      {"something_required", 403, "request", "request", "request"},
      {"something_required", 503, "server", "server", "server"},
      {"something_else", 500, "server", "server", "server"},
      {"Invalid_Grant", 400, "request", "request", "request"},
  };
  const Asked credentials;
  for (const Row& row : rows) {
    CAPTURE(row.code);
    CAPTURE(row.status);
    const std::string body = R"({"error":")" + std::string(row.code) + R"("})";
    CHECK(class_of(read(password_request(), row.status, body)) == row.password);
    CHECK(class_of(read(refresh_request(), row.status, body)) == row.refresh);
    CHECK(class_of(read(credentials, row.status, body)) == row.client_credentials);
    CHECK(read(credentials, row.status, body).error().code == row.code);
  }
}

TEST_CASE("an extension grant is judged like the password grant when it carries a password") {
  Asked with;
  with.grant = ExtensionGrant{.grant_type = "http://auth0.com/oauth/grant-type/password-realm"};
  Asked without;
  without.grant = ExtensionGrant{.grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer"};
  std::get<ExtensionGrant>(with.grant).extra.push_back({"password", Secret("pw")});
  const char* const body = R"({"error":"invalid_grant"})";
  CHECK(class_of(read(with, 400, body)) == "credentials");
  CHECK(class_of(read(without, 400, body)) == "request");
}

TEST_CASE("what only repeats the status, or cannot be a code, is no code; its members are kept") {
  struct Row {
    int status;
    const char* body;
    const char* error_class;
  };
  const Row rows[] = {
      {404, R"({"timestamp":1,"status":404,"error":"Not Found","path":"/x"})", "protocol"},
      {401, R"({"error":"Unauthorized"})", "client-auth"},
      {400, R"({"error":"Bad Request","message":"x"})", "protocol"},
      {503, R"({"error":"Service Unavailable"})", "server"},
      {429, R"({"error":"Too Many Requests"})", "rate-limited"},
      {401, R"({"error":"Authorization Required"})", "client-auth"},
      {405, R"({"error":"Not Allowed"})", "protocol"},
      {414, R"({"error":"Request-URI Too Large"})", "protocol"},
      {503, R"({"error":"Service Temporarily Unavailable"})", "server"},
      {508, R"({"error":"Loop Detected"})", "server"},
      {401, R"({"error":"401 Unauthorized"})", "client-auth"},
      {403, R"({"error":"403 Forbidden"})", "protocol"},
      {400, R"({"error":{"message":"x","code":100}})", "protocol"},
      {400, R"({"error":"a\u00e4"})", "protocol"},
      {400, R"({"error":"with \"quotes\""})", "protocol"},
      {400, R"({"error":"a\\b"})", "protocol"},
      {400, R"({"error":"a\u007f"})", "protocol"},
      {400, R"({"error":""})", "protocol"},
      {400, R"({"error":null})", "protocol"},
      {400, R"({"error":400})", "protocol"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto result = read(password_request(), row.status, row.body);
    CHECK(class_of(result) == row.error_class);
    CHECK(result.error().code.empty());
    CHECK(json::parse(result.error().extra) == json::parse(row.body));
  }
  for (const char* const other : {"Not Found", "401 Unauthorized", "400 ", "400Bad Request"}) {
    const std::string body = R"({"error":")" + std::string(other) + R"("})";
    CHECK(read(password_request(), 400, body).error().code == other);
  }
}

TEST_CASE("an answer without a code is judged by its status") {
  struct Row {
    int status;
    const char* error_class;
  };
  for (const Row& row :
       {Row{200, "protocol"},  {201, "protocol"}, {204, "protocol"}, {301, "protocol"}, {302, "protocol"},
        {303, "protocol"},     {304, "protocol"}, {307, "protocol"}, {308, "protocol"}, {400, "protocol"},
        {401, "client-auth"},  {403, "protocol"}, {404, "protocol"}, {405, "protocol"}, {407, "network"},
        {429, "rate-limited"}, {500, "server"},   {502, "server"},   {503, "server"},   {504, "server"}}) {
    CAPTURE(row.status);
    for (const auto& [type, body] : {std::pair("text/html", "<html>sorry</html>"),
                                     std::pair("text/plain", "no"), std::pair("application/json", ""),
                                     std::pair("application/json", "{"), std::pair("application/json", "{}")})
      CHECK(class_of(read(password_request(), row.status, body, type)) == row.error_class);
  }
}

TEST_CASE("nginx says by a web page that it misses a client certificate, or refuses one") {
  const auto page = [](const std::string& title) {
    return "<html>\r\n<head><title>" + title +
           "</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>";
  };
  const auto missing =
      read(password_request(), 400, page("400 No required SSL certificate was sent"), "text/html");
  CHECK(missing.error().error_class == ErrorClass::protocol);
  CHECK(missing.error().reason == "client-certificate");
  CHECK(missing.error().message ==
        "The server demands a client certificate, and none was given (HTTP 400"
        " from https://as.example/token).");
  CHECK(missing.error().hint.find("--tls-cert") != std::string::npos);
  const auto wrong = read(password_request(), 400, page("400 The SSL certificate error"), "text/html");
  CHECK(wrong.error().reason == "client-certificate");
  CHECK(wrong.error().message.find("refused the client certificate") != std::string::npos);
  CHECK(read(password_request(), 400, page("400 Bad Request"), "text/html").error().reason == "html");
}

TEST_CASE("a refused client that has a certificate is told what that depends on") {
  Asked asked = password_request();
  for (const bool self_signed : {false, true}) {
    asked.authentication = TlsClientAuth{"app"};
    if (self_signed) asked.authentication = SelfSignedTlsClientAuth{"app"};
    const auto refused = read(asked, 401, R"({"error":"invalid_client"})");
    CHECK(refused.error().error_class == ErrorClass::client_auth);
    CHECK(refused.error().hint.find("`oauth-token doctor`") != std::string::npos);
  }
}

TEST_CASE("an empty refusal of HTTP Basic names the other encoding where the two differ, and only there") {
  struct Row {
    ClientSecretBasic basic;
    std::string other;
  };
  const auto basic = [](const char* id, const char* secret, BasicEncoding encoding) {
    return ClientSecretBasic{id, Secret(secret), encoding};
  };
  Row rows[] = {{basic("app", "a+b", BasicEncoding::form), "--basic-encoding raw"},
                {basic("app", "a b", BasicEncoding::raw), "--basic-encoding form"},
                {basic("a:b", "plain", BasicEncoding::form), "--basic-encoding raw"},
                {basic("app", "plain-secret_1.~", BasicEncoding::form), ""}};
  for (Row& row : rows) {
    CAPTURE(row.other);
    Asked asked = password_request();
    asked.authentication = std::move(row.basic);
    for (const int status : {400, 401}) {
      const std::string hint = read(asked, status, "").error().hint;
      CHECK((hint.find(row.other.empty() ? "--basic-encoding" : row.other) != std::string::npos) ==
            !row.other.empty());
    }
    CHECK(read(asked, 400, R"({"error":"invalid_scope"})").error().hint.find("--basic") == std::string::npos);
  }
}

TEST_CASE("a client that sent no secret is told so, and a grant type that the server lacks is named") {
  Asked open = password_request();
  open.authentication = NoAuthentication{"app"};
  CHECK(read(open, 401, R"({"error":"invalid_client"})")
            .error()
            .hint.starts_with("No client secret was sent (client-auth is none)."));
  Asked exchange = password_request();
  exchange.grant = ExtensionGrant{.grant_type = "urn:x\x1b"};
  const auto unsupported = read(exchange, 400, R"({"error":"unsupported_grant_type"})");
  CHECK(unsupported.error().error_class == ErrorClass::grant_not_allowed);
  CHECK(unsupported.error().message == R"(The server does not support the grant type "urn:x\x1b".)");
  CHECK(read(password_request(), 400, R"({"error":"unsupported_grant_type"})").error().message ==
        "This client may not use this grant at the server.");
}

TEST_CASE("an empty 403 is said to refuse what was sent, and never a password that was not") {
  const auto names = [](const Asked& asked, const char* what) {
    return read(asked, 403, "").error().hint.find(what) != std::string::npos;
  };
  CHECK(names(password_request(), "Check user name and password before you"));
  CHECK(names(refresh_request(), "sign in again"));
  CHECK_FALSE(names(refresh_request(), "password"));
  CHECK_FALSE(names(Asked(), "password"));
}

TEST_CASE("--lenient is advised where it helps, and not to who uses it already") {
  const auto is_advised = [](int status, const char* body, const char* type, bool lenient = false) {
    const std::string hint = read(password_request(), status, body, type, {}, lenient).error().hint;
    return hint.find(" --lenient;") != std::string::npos;
  };
  const char* const untyped = R"({"access_token":"a"})";
  CHECK(is_advised(200, untyped, json_type));
  CHECK(read(password_request(), 200, untyped, json_type, {}, true));
  CHECK_FALSE(is_advised(200, R"({"access_token":"a","token_type":7})", json_type));
  for (const int status : {200, 400, 401, 403})
    for (const char* const body :
         {R"({"error":"invalid_grant"})", "error=invalid_grant", "expires=9&access_token=%"}) {
      CHECK(is_advised(status, body, "text/plain"));
      CHECK_FALSE(is_advised(status, body, "text/plain", true));
    }
  for (const char* const body : {"no JSON", "<a/>", ""}) CHECK_FALSE(is_advised(200, body, "text/plain"));
  CHECK_FALSE(is_advised(503, untyped, "text/plain"));
}

TEST_CASE("who is told that a server is unavailable for a while is not told to have asked too often") {
  CHECK(read(password_request(), 400, R"({"error":"temporarily_unavailable"})").error().message ==
        "The server is overloaded or out of order for the moment.");
  CHECK(read(password_request(), 429, "").error().message.starts_with("The server was asked too often"));
}

TEST_CASE("a hint says what mends it, also where the class alone would mislead") {
  const auto hint = [](int status, std::string_view body, const char* type = json_type,
                       std::vector<HttpHeader> headers = {}, bool lenient = false) {
    return read(password_request(), status, body, type, std::move(headers), lenient).error().hint;
  };
  CHECK(hint(429, R"({"error":"too_many_attempts"})").starts_with("Waiting may not help"));
  CHECK(hint(429, R"({"error":"too_many_requests"})") == "Wait before the next try.");
  CHECK(
      hint(400, R"({"error":"authorization_pending"})").starts_with("It waits for a confirmation elsewhere"));
  CHECK(hint(400, R"({"error":"mfa_required"})").find("--prompt-param totp") != std::string::npos);
  CHECK(hint(403, R"({"error":"mfa_required","mfa_token":"m"})").find("--prompt-param mfa_token") !=
        std::string::npos);
  CHECK(hint(511, "<html>", "text/html").starts_with("Open any web page in a browser"));
}

TEST_CASE("a 401 without an error of OAuth's says what it asks for: a gateway may want something else") {
  const std::vector<HttpHeader> challenges{{"WWW-Authenticate", "Negotiate"},
                                           {"www-authenticate", "Basic realm=\"correct horse+battery\x1b\""}};
  const std::string refused =
      "The server refused the client's own authentication (HTTP 401 from https://as.example/token";
  const std::string asked = R"(, which asks for Negotiate, Basic realm="[masked]\x1b").)";
  CHECK(read(password_request(), 401, "", nullptr, challenges).error().message == refused + asked);
  CHECK(read(password_request(), 401, "<html>", "text/html", challenges).error().message == refused + asked);
  CHECK(read(password_request(), 401, "").error().message == refused + ").");
  CHECK(read(password_request(), 403, "", nullptr, challenges).error().message.find(asked) ==
        std::string::npos);
  CHECK(
      read(password_request(), 401, R"({"error":"invalid_client"})", json_type, challenges).error().message ==
      "The server refused the client's own authentication.");
}

TEST_CASE("XML is no web page, but XHTML is one") {
  for (const char* const type : {"application/xml;charset=UTF-8", "text/xml", "application/soap+xml"})
    CHECK(read(password_request(), 400, "<OAuth2Exception/>", type).error().reason == "content-type");
  for (const char* const type : {"text/html", "application/xhtml+xml", "application/json+html"})
    CHECK(read(password_request(), 400, "<html/>", type).error().reason == "html");
}

TEST_CASE("a 404 asks for a look at the address, whatever its words") {
  for (const char* const body :
       {R"({"error":"not found"})", R"({"error":"Not Found"})", R"({"error":{"code":404}})", "{}", ""}) {
    CAPTURE(body);
    const auto result = read(password_request(), 404, body);
    REQUIRE_FALSE(result);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().message ==
          "There is nothing at this address (HTTP 404 from https://as.example/token).");
    CHECK(result.error().hint.find("Check the path of the endpoint") != std::string::npos);
  }
  CHECK(read(password_request(), 404, R"({"error":"invalid_client"})").error().hint.find("client id") !=
        std::string::npos);
}

TEST_CASE("a redirect is not followed, and an OAuth error in it does not count") {
  const auto result = read(password_request(), 302, R"({"error":"invalid_grant"})");
  CHECK(class_of(result) == "protocol");
  CHECK(result.error().reason == "redirect");
}

TEST_CASE("an answer that is none of OAuth's says who gave it, without what may be secret in the address") {
  Asked asked = password_request();
  asked.endpoint = "https://as.example/token?key=s3cret#x";
  CHECK(read(asked, 200, "<html>", "text/html").error().message ==
        "The answer is a web page (HTTP 200 from https://as.example/token?...).");
  CHECK(read(asked, 502, "<html>", "text/html").error().message ==
        "The server says that it is out of order (HTTP 502 from https://as.example/token?...).");
  asked.endpoint = "https://as.example/" + std::string(300, 'a');
  CHECK(read(asked, 404, "").error().message.find("aa...).") != std::string::npos);
  const std::pair<const char*, const char*> targets[] = {
      {"https://sso.example/login?state=SECRET#a", " to https://sso.example/login?..."},
      {"/login;jsessionid=SECRET", " to /login;..."},
      {"https://bob:SECRET@sso.example/", ""},
      {"/\x1b[2J\xe2\x80\xae", " to /\\x1b[2J\\u{202e}"},
      {"/correct%20horse%2Bbattery/x", " to /[masked]/x"},
      {"", ""}};
  for (const auto& [location, shown] : targets)
    CHECK(read(password_request(), 302, "", nullptr, {{"Location", location}}).error().message ==
          "The server answered with a redirect (HTTP 302 from https://as.example/token" + std::string(shown) +
              "), which is not followed.");
}

TEST_CASE("only 200 makes a token; another status of success is called what is wrong with the answer") {
  const char* const token = R"({"access_token":"a","token_type":"Bearer"})";
  for (const int status : {201, 202, 203, 206, 299}) {
    const auto result = read(password_request(), status, token);
    CHECK(class_of(result) == "protocol");
    CHECK(result.error().reason == "status");
    CHECK(result.error().message == "The answer holds a token, but its status is not 200 (HTTP " +
                                        std::to_string(status) + " from https://as.example/token).");
  }
  CHECK(read(password_request(), 201, R"({"n":1})").error().message ==
        "The JSON of the answer has neither an access_token nor an error (HTTP 201"
        " from https://as.example/token).");
  CHECK(class_of(read(password_request(), 400, token)) == "protocol");
}

TEST_CASE(
    "a client refused in HTTP Basic is told of the encoding where the secret could be read in two ways") {
  const char* const body = R"({"error":"invalid_client"})";
  CHECK(read(password_request(), 401, body).error().hint.find("encoding") != std::string::npos);
  Asked plain = password_request();
  plain.authentication = ClientSecretBasic{"app", Secret("plain")};
  CHECK(read(plain, 401, body).error().hint.find("encoding") == std::string::npos);
}

}  // namespace error_response_test
