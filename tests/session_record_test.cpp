#include "session/record.hpp"
#include "session/secret_half.hpp"
#include "support/session_world.hpp"

#include <oauth_token/text.hpp>

#include <string>
#include <utility>
#include <variant>

namespace session_record_test {

using namespace world;

namespace {

SessionRecord full_record() {
  SessionRecord record;
  record.id = "0123456789abcdef0123456789abcdef";
  record.name = "work";
  record.store = "file:/srv/tokens";
  record.store_key_file = "/etc/app/store-key";
  record.client = {.issuer = "https://as.example",
                   .token_endpoint = "https://as.example/token",
                   .introspection_endpoint = "https://as.example/introspect",
                   .revocation_endpoint = "https://as.example/revoke",
                   .client_id = "app \"ü\"",
                   .client_auth = "client_secret_basic",
                   .basic_encoding = BasicEncoding::raw,
                   .client_secret = SecretFile{"/etc/app/secret"},
                   .client_assertion = SecretCommand{"make-assertion --fast"},
                   .headers = {{"X-Tenant", "one"}, {"X-Tenant", "two"}},
                   .ca_file = "/etc/app/ca.pem",
                   .proxy = ""};
  record.grant_type = "urn:example:grant";
  record.username = "älice";
  record.scope = {"read", "write"};
  record.resource = {"https://api.example/"};
  record.parameters = {{"tenant", "1"}, {"audience", "api"}};
  record.generation = 7;
  record.signed_in_at = std::chrono::sys_seconds(std::chrono::seconds(1700000000));
  record.renewed_at = std::chrono::sys_seconds(std::chrono::seconds(1700003600));
  record.access_token_expires_at = std::chrono::sys_seconds(std::chrono::seconds(1700007200));
  record.failure = SessionRecord::Failure{.at = record.renewed_at,
                                          .not_before = record.renewed_at + std::chrono::seconds(4),
                                          .error_class = "server",
                                          .code = "temporarily_unavailable",
                                          .message = "The server is out of order.",
                                          .count = 3};
  record.dead_generation = 6;
  return record;
}

std::string reason_of(std::string_view text) {
  const auto record = record_from_json(Secret(text), "work.json");
  return record ? "fine" : record.error().reason;
}

}  // namespace

TEST_CASE("a record is written and read back with all its members") {
  const std::string text = to_json(full_record());
  CHECK(
      text ==
      R"({"version":1,"id":"0123456789abcdef0123456789abcdef","name":"work","store":"file:/srv/tokens",)"
      R"("store_key_file":"/etc/app/store-key",)"
      R"("issuer":"https://as.example","token_endpoint":"https://as.example/token",)"
      R"("introspection_endpoint":"https://as.example/introspect",)"
      R"("revocation_endpoint":"https://as.example/revoke","client_id":"app \"ü\"",)"
      R"("client_auth":"client_secret_basic","basic_encoding":"raw",)"
      R"("client_secret":{"file":"/etc/app/secret"},"client_assertion":{"command":"make-assertion --fast"},)"
      R"("headers":[["X-Tenant","one"],["X-Tenant","two"]],"ca_file":"/etc/app/ca.pem","proxy":"",)"
      R"("grant_type":"urn:example:grant","username":"älice","scope":["read","write"],)"
      R"("resource":["https://api.example/"],"parameters":[["tenant","1"],["audience","api"]],)"
      R"("generation":7,"signed_in_at":1700000000,"renewed_at":1700003600,)"
      R"("access_token_expires_at":1700007200,"failure":{"at":1700003600,"not_before":1700003604,)"
      R"("class":"server","code":"temporarily_unavailable","message":"The server is out of order.",)"
      R"("count":3},"dead_generation":6})"
      "\n");
  const auto again = record_from_json(Secret(text), "work.json");
  REQUIRE(again.has_value());
  CHECK(to_json(*again) == text);
}

TEST_CASE("texts that are not UTF-8 come back as the bytes they are") {
  SessionRecord record = full_record();
  record.username = "m\xfcller";
  record.client.client_secret = SecretFile{"/home/m\xfcller/secret"};
  record.parameters = {{"display",
                        "gr\xf6\xdf"
                        "er"},
                       {"\xff", "plain"}};
  const std::string text = to_json(record);
  CHECK(is_utf8(text));
  const auto read = record_from_json(Secret(text), "here");
  REQUIRE(read.has_value());
  CHECK(read->username == record.username);
  CHECK(std::get<SecretFile>(read->client.client_secret).path == "/home/m\xfcller/secret");
  CHECK(read->parameters == record.parameters);
  CHECK(to_json(*read) == text);
}

TEST_CASE("a record of the first released version is read") {
  for (const char* const file : {"v1-full.json", "v1-least.json"}) {
    const std::string path = std::string(TEST_DATA) + "/records/" + file;
    const std::string text = content(path);
    REQUIRE_MESSAGE(!text.empty(), path);
    const auto record = record_from_json(Secret(text), path);
    REQUIRE_MESSAGE(record.has_value(), path);
    CHECK(to_json(*record) == text);
  }
  const auto full = record_from_json(Secret(content(std::string(TEST_DATA) + "/records/v1-full.json")), "");
  CHECK(to_json(*full) == to_json(full_record()));
}

TEST_CASE("a record of a newer version, a damaged one and one with wrong types are told apart") {
  const std::string text = to_json(full_record());
  const auto with = [&](const std::string& old, const std::string& by) {
    std::string changed = text;
    const auto at = changed.find(old);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, old.size(), by);
  };
  CHECK(reason_of(text) == "fine");
  CHECK(reason_of(with("\"version\":1", "\"version\":2")) == "newer");
  CHECK(reason_of(with("\"version\":1", "\"version\":0")) == "damaged");
  CHECK(reason_of(with("\"version\":1", "\"version\":\"1\"")) == "damaged");
  CHECK(reason_of(with("\"id\":\"0123", "\"id\":\"../3")) == "damaged");
  CHECK(reason_of(with("\"name\":\"work\"", "\"name\":\"a/b\"")) == "damaged");
  CHECK(reason_of(with("\"store\":\"file:/srv/tokens\"", "\"store\":\"elsewhere\"")) == "damaged");
  CHECK(reason_of(with("\"generation\":7", "\"generation\":-7")) == "damaged");
  CHECK(reason_of(with("\"generation\":7", "\"generation\":\"7\"")) == "damaged");
  CHECK(reason_of(with("[\"read\",\"write\"]", "[\"read\",2]")) == "damaged");
  CHECK(reason_of(with("[\"read\",\"write\"]", "\"read\"")) == "damaged");
  CHECK(reason_of(with("[\"tenant\",\"1\"]", "[\"tenant\"]")) == "damaged");
  CHECK(reason_of(with("{\"file\":\"/etc/app/secret\"}", "{}")) == "damaged");
  CHECK(reason_of(with("\"raw\"", "\"other\"")) == "damaged");
  CHECK(reason_of(with("\"generation\":7", "\"generation\":0")) == "damaged");
  CHECK(reason_of(with("\"https://as.example/token\"", "\"\"")) == "damaged");
  CHECK(reason_of(with("\"file:/srv/tokens\"", "\"file:/srv\\u0000\"")) == "damaged");
  CHECK(reason_of(with("{\"file\":\"/etc/app/secret\"}", "{\"command\":7}")) == "damaged");
  CHECK(reason_of(with("{\"file\":\"/etc/app/secret\"}", "{\"keyring\":false}")) == "damaged");
  CHECK(reason_of(with("{\"file\":\"/etc/app/secret\"}", "{\"keyring\":true}")) == "fine");
  CHECK(reason_of(with("\"class\":\"server\"", "\"class\":7")) == "damaged");
  for (const auto& row :
       {std::pair("\"assertion_lifetime\":0", "damaged"), std::pair("\"assertion_lifetime\":301", "damaged"),
        std::pair("\"assertion_lifetime\":300", "fine"), std::pair("\"assertion_nbf\":1", "damaged"),
        std::pair("\"dpop\":\"sometimes\"", "damaged"), std::pair("\"dpop\":\"required\"", "fine")}) {
    CAPTURE(row.first);
    CHECK(reason_of(with("\"headers\"", std::string(row.first) + ",\"headers\"")) == row.second);
  }
  CHECK(reason_of(text.substr(0, 200)) == "damaged");
  CHECK(reason_of("") == "damaged");
  CHECK(reason_of("[]") == "damaged");
  // A member from elsewhere is passed over.
  CHECK(reason_of(with("\"version\":1", "\"version\":1,\"colour\":\"red\"")) == "fine");
}

TEST_CASE("what client assertions need, and that the keyring has the secret, come back") {
  SessionRecord record = full_record();
  record.client.client_secret = SecretInKeyring{};
  record.client.assertion = {.key = "/etc/app/key", .not_before = true};
  record.client.assertion.lifetime = std::chrono::seconds(30);
  const std::string text = to_json(record);
  CHECK(text.find(R"("client_secret":{"keyring":true})") != std::string::npos);
  CHECK(text.find(R"("assertion_lifetime":30,"assertion_nbf":true)") != std::string::npos);
  const auto again = record_from_json(Secret(text), "work.json");
  REQUIRE(again.has_value());
  CHECK(to_json(*again) == text);
}

TEST_CASE("the secret half of a newer version, a damaged one and another session's are told apart") {
  const SessionRecord record = full_record();
  SecretHalf half{.generation = 7, .obtained_at = record.renewed_at};
  half.token.access_token = Secret("at-7");
  half.token.extra = Secret(R"({"tenant":1})");
  const std::string text(to_json(half, record).expose());
  const auto read = [&](const std::string& old, const std::string& by) -> std::string {
    std::string changed = text;
    const auto at = changed.find(old);
    REQUIRE_MESSAGE(at != std::string::npos, text);
    const auto got = secret_half_from_json(Secret(changed.replace(at, old.size(), by)), record);
    if (!got) return got.error().reason;
    return std::string(to_json(*got, record).expose()) == text ? "the same" : "another";
  };
  CHECK(read("{", "{") == "the same");
  CHECK(read("\"version\":1", "\"version\":2") == "newer");
  for (const auto& row :
       {std::pair("\"version\":1", "\"version\":\"1\""), std::pair("\"generation\":7", "\"generation\":0"),
        std::pair("\"generation\":7", "\"generation\":null"), std::pair("\"obtained_at\"", "\"obtained\""),
        std::pair("\"session\":\"0123", "\"session\":\"0124"), std::pair("{", "")}) {
    CAPTURE(row.second);
    CHECK(read(row.first, row.second) == "damaged");
  }
}

TEST_CASE("names of sessions are names of files, and nothing else") {
  for (const char* const name : {"work", "alice@as.example", "a", "A-1_b+c.d", "9"})
    CHECK_MESSAGE(check_session_name(name).has_value(), name);
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string(".hidden"),
                                  std::string("-o"), std::string("a/b"), std::string("a b"), std::string("ä"),
                                  std::string("a\nb"), std::string("a\0b", 3), std::string(101, 'a')}) {
    const auto fits = check_session_name(name);
    REQUIRE_FALSE(fits.has_value());
    CHECK(fits.error().error_class == ErrorClass::usage);
  }
}

TEST_CASE("the folder keeps, lists and removes records") {
  const TemporaryFolder temporary;
  const auto folder = SessionFolder::open(temporary.path + "/state").value();
  CHECK(folder.path() == temporary.path + "/state");
  CHECK(folder.list().value().empty());
  SessionRecord record = full_record();
  for (const char* const name : {"work", "home", "a@b"}) {
    record.name = name;
    REQUIRE(folder.save(record).has_value());
  }
  const auto records = folder.list().value();
  REQUIRE(records.size() == 3);
  CHECK(records[0].name == "a@b");
  CHECK(records[1].name == "home");
  CHECK(to_json(*folder.load("a@b").value()) == to_json(record));
  REQUIRE(folder.remove("home").has_value());
  CHECK_FALSE(folder.load("home").value().has_value());
  CHECK(folder.load("../home").error().error_class == ErrorClass::usage);
}

TEST_CASE("a newer version's record is listed, not read, and left alone") {
  World world;
  world.sign_in();
  world.sign_in("other");
  const std::string path = world.state + "/sessions/work.json";
  std::string text = content(path);
  text.replace(text.find("\"version\":1"), 11, "\"version\":9");
  write(path, text);
  const auto folder = SessionFolder::open(world.state).value();
  const auto records = folder.list().value();
  REQUIRE(records.size() == 2);
  CHECK(records[1].name == "work");
  CHECK(records[1].version == 0);
  CHECK(folder.load("work").error().error_class == ErrorClass::store);
  CHECK(folder.load("work").error().reason == "newer");
  CHECK(Session::open("work", world.options()).error().reason == "newer");
  CHECK(SignIn::prepare(World::wanted(), true, world.options()).error().reason == "newer");
  CHECK(content(path) == text);
}

TEST_CASE("a record under another session's name is refused") {
  World world;
  world.sign_in();
  fs::copy(world.state + "/sessions/work.json", world.state + "/sessions/other.json");
  CHECK(Session::open("other", world.options()).error().reason == "damaged");
}

TEST_CASE("the folder is found where XDG_STATE_HOME or HOME say, and relative paths are ignored") {
  const TemporaryFolder temporary;
  const auto path_with = [&](const char* state, const char* home) {
    const pid_t child = start([&] {
      state != nullptr ? ::setenv("XDG_STATE_HOME", state, 1) : ::unsetenv("XDG_STATE_HOME");
      home != nullptr ? ::setenv("HOME", home, 1) : ::unsetenv("HOME");
      const auto folder = SessionFolder::open();
      write(temporary.path + "/answer", folder ? folder->path() : shown(folder.error()));
      return 0;
    });
    CHECK(end_of(child) == 0);
    return content(temporary.path + "/answer");
  };
  const std::string state = temporary.path + "/state";
  const std::string home = temporary.path + "/home";
  CHECK(path_with(state.c_str(), home.c_str()) == state + "/oauth-token");
  CHECK(path_with("relative", home.c_str()) == home + "/.local/state/oauth-token");
  CHECK(path_with("", home.c_str()) == home + "/.local/state/oauth-token");
  CHECK(path_with(nullptr, home.c_str()) == home + "/.local/state/oauth-token");
  CHECK(path_with(nullptr, nullptr) ==
        "config: Neither XDG_STATE_HOME nor HOME names the folder that sessions are kept in.");
  CHECK(path_with("x", "y").starts_with("config: "));
}

}  // namespace session_record_test
