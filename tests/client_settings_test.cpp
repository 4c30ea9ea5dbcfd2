#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

namespace client_settings_test {

using namespace oauth_token;

namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    const int descriptor = ::mkstemp(path_.data());
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(descriptor);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "oauth-token-test-XXXXXX";
};

ClientSettings settings(std::string method = {}, SecretSource secret = {}, SecretSource assertion = {}) {
  return {.token_endpoint = "https://as.example/token",
          .client_id = "app",
          .client_auth = std::move(method),
          .client_secret = std::move(secret),
          .client_assertion = std::move(assertion)};
}

std::string method(const ClientSettings& given, bool at_hand = false) {
  const auto result = effective_client_auth(given, at_hand);
  if (result) return *result;
  CHECK_FALSE(result.error().hint.empty());
  return std::string(to_string(result.error().error_class));
}

/// Runs one password request through make_client and returns it as it would have been sent.
struct Sent {
  std::string url = {};
  std::string body = {};
  std::string authorization = {};
};

/// `aliases` is the value of mtls_endpoint_aliases in the metadata; empty: none.
Result<Sent> sent_with(ClientSettings& given, ClientRunOptions options, const std::string& aliases = {}) {
  Sent sent;
  options.decorate = [&sent, &aliases](const Transport&) {
    return [&sent, &aliases](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      if (request.method == "GET") {
        const std::string document =
            R"({"issuer":"https://as.example","token_endpoint":"https://as.example/t",)"
            R"("introspection_endpoint":"https://as.example/i","revocation_endpoint":"https://as.example/r")" +
            (aliases.empty() ? "" : R"(,"mtls_endpoint_aliases":)" + aliases) + "}";
        return HttpResponse{.status = 200, .body = Secret(document)};
      }
      sent = {request.url, std::string(request.body.expose()), std::string(request.authorization.expose())};
      return HttpResponse{.status = 400};
    };
  };
  const auto client = make_client(given, std::move(options));
  if (!client) return fail(client.error());
  (void)client->request(ClientCredentialsGrant{});
  return sent;
}

std::string refused(ClientSettings given, ClientRunOptions options = {}) {
  const auto sent = sent_with(given, std::move(options));
  return sent ? "sent" : std::string(to_string(sent.error().error_class));
}

}  // namespace

TEST_CASE("the method follows from what there is, unless it is named") {
  CHECK(method(settings()) == "none");
  CHECK(method(settings(), true) == "client_secret_basic");
  CHECK(method(settings("", SecretFile{"x"})) == "client_secret_basic");
  CHECK(method(settings("", SecretInKeyring{})) == "client_secret_basic");
  CHECK(method(settings("", {}, SecretFile{"x"})) == "private_key_jwt");
  CHECK(method(settings("client_secret_post", SecretCommand{"x"})) == "client_secret_post");
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK(method(settings("", SecretFile{"x"}, SecretFile{"y"})) == "config");
  CHECK(method(settings("client_secret_basic")) == "config");
  CHECK(method(settings("client_secret_post")) == "config");
  CHECK(method(settings("private_key_jwt")) == "config");
  CHECK(method(settings("private_key_jwt", {}, SecretInKeyring{})) == "config");
  CHECK(method(settings("none", SecretFile{"x"})) == "config");
  CHECK(method(settings("none", {}, SecretFile{"x"})) == "config");
  CHECK(method(settings("client_secret_basic", SecretFile{"x"}, SecretFile{"y"})) == "config");
  CHECK(method(settings("private_key_jwt", SecretFile{"x"}, SecretFile{"y"})) == "config");
  CHECK(method(settings("none"), true) == "config");
  CHECK(method(settings("client_secret_jwt", SecretFile{"x"})) == "client_secret_jwt");
  CHECK(method(settings("Client_Secret_Basic", SecretFile{"x"})) == "config");
  ClientSettings nameless = settings("", SecretFile{"x"});
  nameless.client_id.clear();
  CHECK(method(nameless) == "config");
}

TEST_CASE("an assertion for the issuer is made for it as the metadata write it, and never for nobody") {
  ClientSettings given{.issuer = "https://as.example/",  // with a slash that the document has not
                       .client_id = "app",
                       .client_auth = "client_secret_jwt"};
  const auto sent = sent_with(given, {.client_secret = Secret(std::string(32, 's'))});
  REQUIRE(sent);
  CHECK(given.endpoint_issuer == "https://as.example");
  // {"iss":"app","sub":"app","aud":"https://as.example","iat
  CHECK(sent->body.find("eyJpc3MiOiJhcHAiLCJzdWIiOiJhcHAiLCJhdWQiOiJodHRwczovL2FzLmV4YW1wbGUiLCJpYX") !=
        std::string::npos);
  ClientSettings nameless = settings("client_secret_jwt", SecretFile{"x"});
  nameless.assertion.audience = "issuer";
  CHECK(method(nameless) == "config");
}

TEST_CASE("a client secret in the keyring is bound to the endpoint's origin and the client id") {
  const auto id = [](const char* endpoint, const char* client) {
    const auto result = client_secret_item_id(endpoint, client);
    return result ? *result : std::string(to_string(result.error().error_class));
  };
  CHECK(id("https://as.example/token", "app") == "client-secret/https://as.example/app");
  CHECK(id("https://AS.example:443/other?x=y", "app") == id("https://as.example/token", "app"));
  CHECK(id("https://as.example:8443/token", "app") == "client-secret/https://as.example:8443/app");
  CHECK(id("http://[::1]:8080/token", "a/b~\xc3\xa4") ==
        "client-secret/http://%5B::1%5D:8080/a%2Fb%7E%C3%A4");
  CHECK(id("https://as.example/token", "a") != id("https://as.example/token", "A"));
  CHECK(id("no url", "app") == "usage");
}

TEST_CASE("the client secret comes from a file, a command, or the caller's hand") {
  const TemporaryFile file("s3cret\n");
  ClientSettings from_file = settings("client_secret_post", SecretFile{file.path()});
  CHECK(sent_with(from_file, {})->body == "grant_type=client_credentials&client_id=app&client_secret=s3cret");
  ClientSettings from_command = settings("", SecretCommand{"printf s3cret"});
  CHECK(sent_with(from_command, {})->authorization == "Basic YXBwOnMzY3JldA==");
  ClientSettings from_hand = settings("", SecretFile{"/does/not/exist"});
  CHECK(sent_with(from_hand, {.client_secret = Secret("s3cret")})->authorization == "Basic YXBwOnMzY3JldA==");
  CHECK(refused(settings("", SecretFile{"/does/not/exist"})) == "config");
  CHECK(refused(settings("", SecretCommand{"true"})) == "config");
}

TEST_CASE("what has no effect beside a plain client secret is refused") {
  using Change = void (*)(ClientSettings&);
  const Change of_assertions[] = {
      [](ClientSettings& given) { given.assertion.key_passphrase = SecretFile{"x"}; },
      [](ClientSettings& given) { given.assertion.key_id = "1"; },
      [](ClientSettings& given) { given.assertion.algorithm = "HS512"; },
      [](ClientSettings& given) { given.assertion.audience = "endpoint"; },
      [](ClientSettings& given) { given.assertion.type = "JWT"; },
      [](ClientSettings& given) { given.assertion.not_before = true; },
      [](ClientSettings& given) { given.assertion.lifetime = std::chrono::seconds(30); }};
  for (const Change& change : of_assertions) {
    ClientSettings given = settings();
    change(given);
    CHECK(method(given, true) == "config");
    given.client_auth = "client_secret_post";
    CHECK(method(given, true) == "config");
    given.client_auth = "client_secret_jwt";
    CHECK(method(given, true) == "client_secret_jwt");
  }
  ClientSettings raw = settings();
  raw.basic_encoding = BasicEncoding::raw;
  CHECK(method(raw, true) == "client_secret_basic");
  for (const char* const name : {"client_secret_post", "client_secret_jwt"}) {
    raw.client_auth = name;
    CHECK(method(raw, true) == "config");
  }
  CHECK(effective_client_auth(raw, true).error().message ==
        "The client authentication client_secret_jwt has no use for the basic encoding that is given.");
}

TEST_CASE("hints about the client authentication name the options that mend it") {
  ClientSettings nameless = settings("client_secret_post", SecretFile{"x"});
  nameless.client_id.clear();
  ClientSettings two_ways = settings("", {}, SecretFile{"x"});
  two_ways.assertion.key = "key.pem";
  const std::pair<ClientSettings, const char*> rows[] = {
      {settings("client_secret_post"), "--client-secret-file"},
      {settings("private_key_jwt"), "--client-assertion-file"},
      {settings("private_key_jwt", {}, SecretInKeyring{}), "--client-assertion-file"},
      {settings("none", SecretFile{"x"}), "--client-auth"},
      {two_ways, "--signing-key, --client-assertion-file"},
      {nameless, "--client-id"}};
  for (const auto& [given, option] : rows) {
    const auto result = effective_client_auth(given, false);
    REQUIRE_FALSE(result);
    CHECK_MESSAGE(result.error().hint.find(option) != std::string::npos, result.error().hint);
  }
}

TEST_CASE("an assertion is read again for each request") {
  const TemporaryFile file("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.eA\n");
  ClientSettings given = settings("", {}, SecretFile{file.path()});
  CHECK(sent_with(given, {})->body.find("&client_assertion=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.eA") !=
        std::string::npos);
  const auto client = make_client(given, {});
  REQUIRE(client);
  std::ofstream(file.path()) << "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvdGhlciJ9.eA";
  const auto token = client->request(ClientCredentialsGrant{});
  REQUIRE_FALSE(token);
  CHECK(token.error().message.find("made for \"other\"") != std::string::npos);
}

TEST_CASE("endpoints that are missing are discovered and written down, those that are named stay") {
  ClientSettings given{.issuer = "https://as.example", .revocation_endpoint = "https://as.example/mine"};
  CHECK(sent_with(given, {})->url == "https://as.example/t");
  CHECK(given.token_endpoint == "https://as.example/t");
  CHECK(given.introspection_endpoint == "https://as.example/i");
  CHECK(given.revocation_endpoint == "https://as.example/mine");

  ClientSettings named{.issuer = "https://as.example", .token_endpoint = "https://as.example/mine"};
  CHECK(sent_with(named, {})->url == "https://as.example/mine");
  CHECK(named.introspection_endpoint.empty());
  CHECK(sent_with(named, {.all_endpoints = true})->url == "https://as.example/mine");
  CHECK(named.introspection_endpoint == "https://as.example/i");
}

TEST_CASE("a client certificate is needed for its own methods, may stand beside any other, and has a key") {
  ClientSettings given = settings("tls_client_auth");
  CHECK(method(given) == "config");
  given.certificate.key = "/key.pem";
  CHECK(method(given) == "config");
  given.client_auth = "none";
  CHECK(method(given) == "config");
  given.certificate.certificate = "/certificate.pem";
  CHECK(method(given) == "none");
  for (const char* const name : {"tls_client_auth", "self_signed_tls_client_auth"}) {
    given.client_auth = name;
    CHECK(method(given) == name);
    CHECK(method(given, true) == "config");
    ClientSettings more = given;
    more.client_assertion = SecretFile{"x"};
    CHECK(method(more) == "config");
    more = given;
    more.client_id.clear();
    CHECK(method(more) == "config");
  }
  given.client_auth.clear();
  CHECK(method(given) == "none");
  CHECK(method(given, true) == "client_secret_basic");
}

TEST_CASE("with a client certificate each endpoint is its alias, where there is one") {
  const TemporaryFile certificate("");
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=app -days 2 "
      "-keyout - -out - 2>/dev/null >" +
      certificate.path();
  REQUIRE(std::system(make.c_str()) == 0);
  struct Row {
    const char* aliases;
    std::string token, introspection, revocation;
  };
  const std::string plain = "https://as.example/";
  const std::string alias = "https://mtls.example/";
  for (const Row& row :
       {Row{"", plain + "t", plain + "i", plain + "r"},
        {R"({"token_endpoint":"https://mtls.example/t"})", alias + "t", plain + "i", plain + "r"},
        {R"({"introspection_endpoint":"https://mtls.example/i"})", plain + "t", alias + "i", plain + "r"},
        {R"({"token_endpoint":"https://mtls.example/t","introspection_endpoint":"https://mtls.example/i",)"
         R"("revocation_endpoint":"https://mtls.example/r"})",
         alias + "t", alias + "i", alias + "r"}}) {
    CAPTURE(row.aliases);
    ClientSettings given{.issuer = "https://as.example", .client_id = "app"};
    CHECK(sent_with(given, {}, row.aliases)->url == plain + "t");
    given = {.issuer = "https://as.example",
             .client_id = "app",
             .client_auth = "self_signed_tls_client_auth",
             .certificate = {.certificate = certificate.path()}};
    const auto sent = sent_with(given, {.all_endpoints = true}, row.aliases);
    REQUIRE(sent);
    CHECK(sent->url == row.token);
    CHECK(sent->body == "grant_type=client_credentials&client_id=app");
    CHECK(given.token_endpoint == row.token);
    CHECK(given.introspection_endpoint == row.introspection);
    CHECK(given.revocation_endpoint == row.revocation);
  }
  // What is named stays; what is made for an endpoint is made for that one.
  ClientSettings named{.issuer = "https://as.example",
                       .token_endpoint = alias + "t",
                       .client_id = "app",
                       .client_auth = "client_secret_jwt",
                       .certificate = {.certificate = certificate.path()}};
  const char* const aliases = R"({"token_endpoint":"https://mtls.example/t"})";
  const std::string secret(32, 's');
  CHECK(sent_with(named, {.client_secret = Secret(secret)}, aliases)->url == alias + "t");
  CHECK(named.assertion.audience == "endpoint");
  CHECK(named.endpoint_issuer.empty());
  named.token_endpoint = plain + "t";
  named.assertion.audience.clear();
  CHECK(sent_with(named, {.client_secret = Secret(secret)}, aliases)->url == plain + "t");
  CHECK(named.endpoint_issuer == "https://as.example");
  CHECK(named.assertion.audience.empty());
}

static HttpResponse metadata() {
  return {.status = 200,
          .body = Secret(R"({"issuer":"https://as.example","token_endpoint":"https://as.example/t"})")};
}

/// Has metadata, refuses all else.
static auto server_that_notes(std::vector<std::chrono::steady_clock::time_point>& deadlines) {
  return [&](const Transport&) {
    return [&](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      deadlines.push_back(request.deadline);
      return request.method == "GET" ? metadata() : HttpResponse{.status = 400};
    };
  };
}

TEST_CASE("what discovery has used is gone from the time of the first request, and of no other") {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds timeout(20);
  Clock::duration used{};
  std::vector<Clock::duration> left;
  ClientRunOptions options{.timeout = timeout};
  options.decorate = [&](const Transport&) {
    return [&](const HttpRequest& request, std::stop_token) -> Result<HttpResponse> {
      const auto start = Clock::now();
      if (request.method != "GET") {
        left.push_back(request.deadline - start);
        return HttpResponse{.status = 400};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      used = Clock::now() - start;
      return metadata();
    };
  };
  ClientSettings given{.issuer = "https://as.example"};
  const auto client = make_client(given, std::move(options));
  REQUIRE(client);
  CHECK_FALSE(client->request(ClientCredentialsGrant{}));
  const auto before = Clock::now();
  CHECK_FALSE(client->request(ClientCredentialsGrant{}));
  const auto spent_since = Clock::now() - before;
  REQUIRE(left.size() == 2);
  CHECK(left[0] <= timeout - used);
  CHECK(left[1] <= timeout);
  CHECK(left[1] >= timeout - spent_since);
}

TEST_CASE("what the passphrase of a client certificate takes is gone from the time of no request") {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds timeout(20);
  const TemporaryFile certificate("");
  const TemporaryFile key("");
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -passout pass:horse -subj /CN=app "
      "-days 2 -keyout " +
      key.path() + " -out " + certificate.path() + " 2>/dev/null";
  REQUIRE(std::system(make.c_str()) == 0);
  Clock::time_point told;
  std::vector<Clock::time_point> deadlines;
  ClientRunOptions options{.timeout = timeout};
  options.ask_passphrase = [&](const std::string&, std::stop_token) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    told = Clock::now();
    return Result<Secret>(Secret("horse"));
  };
  options.decorate = server_that_notes(deadlines);
  ClientSettings given{.issuer = "https://as.example",
                       .client_id = "app",
                       .client_auth = "tls_client_auth",
                       .certificate = {.certificate = certificate.path(), .key = key.path()}};
  const auto client = make_client(given, std::move(options));
  REQUIRE(client);
  CHECK_FALSE(client->request(ClientCredentialsGrant{}));
  REQUIRE(deadlines.size() == 2);
  for (const auto deadline : deadlines) CHECK(deadline > told + timeout - std::chrono::milliseconds(1));
}

TEST_CASE("the longest timeout there is means for ever") {
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> deadlines;
  ClientRunOptions options{.timeout = std::chrono::milliseconds::max()};
  options.decorate = server_that_notes(deadlines);
  ClientSettings given{.issuer = "https://as.example"};
  const auto client = make_client(given, std::move(options));
  REQUIRE(client);
  CHECK_FALSE(client->request(ClientCredentialsGrant{}));
  CHECK(deadlines == std::vector(2, Clock::time_point::max()));
}

TEST_CASE("a server that is not named, or only in the clear, is refused before a secret is read") {
  CHECK(refused({}) == "config");
  ClientSettings clear = settings("", SecretCommand{"exit 3"});
  clear.token_endpoint = "http://as.example/token";
  CHECK(refused(clear) == "insecure");
  clear.token_endpoint = "https://user:pw@as.example/token";
  CHECK(refused(clear) == "usage");
  ClientSettings allowed = settings();
  allowed.token_endpoint = "http://as.example/token";
  CHECK(refused(allowed, {.allow_http = true}) == "sent");
  allowed.token_endpoint = "http://127.0.0.1:1/token";
  CHECK(refused(allowed) == "sent");
}

}  // namespace client_settings_test
