#include "support/session_world.hpp"

#include <string>
#include <vector>

namespace sign_in_test {

using namespace world;

TEST_CASE("signing in keeps both halves and returns the token") {
  World world;
  auto prepared = SignIn::prepare(World::wanted(), false, world.options());
  REQUIRE(prepared.has_value());
  CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  CHECK(world.server.state().requests == 0);
  const auto token = prepared->request(World::grant());
  CHECK(value(token) == "at-1");
  CHECK(world.server.body == "grant_type=password&username=alice&password=secret&client_id=app&scope=read");
  const SessionRecord record = world.record();
  CHECK(record.id.size() == 32);
  CHECK(record.generation == 1);
  CHECK(record.store == "own");
  CHECK(record.client.client_auth == "none");
  CHECK(record.grant_type == "password");
  CHECK(record.username == "alice");
  CHECK(record.access_token_expires_at.has_value());
  CHECK(content(world.half_file()).find(R"("refresh_token":"rt-1")") != std::string::npos);
  // Nothing secret anywhere but in the store.
  for (const char* const secret : {"rt-1", "at-1", "secret"})
    CHECK(everything_in(world.state).find(secret) == std::string::npos);
  CHECK(value(world.source().token()) == "at-1");
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("signing in again as the same one keeps the session's id and counts on") {
  World world;
  world.sign_in();
  const SessionRecord before = world.record();
  world.sign_in();
  CHECK(world.record().id == before.id);
  CHECK(world.record().generation == 2);
  CHECK(value(world.source().token()) == "at-2");
}

TEST_CASE("a session of somebody else is not signed in over, unless it is to be replaced") {
  struct {
    const char* sentence;
    void (*change)(SessionRecord&);
  } const rows[] = {
      {R"(token endpoint "https://as.example/token", not "https://other.example/token".)",
       [](SessionRecord& record) { record.client.token_endpoint = "https://other.example/token"; }},
      {R"(introspection endpoint "https://as.example/introspect", not "https://other.example/i".)",
       [](SessionRecord& record) { record.client.introspection_endpoint = "https://other.example/i"; }},
      {R"(revocation endpoint "https://as.example/revoke", not "https://other.example/r".)",
       [](SessionRecord& record) { record.client.revocation_endpoint = "https://other.example/r"; }},
      {R"(client id "app", not "other".)", [](SessionRecord& record) { record.client.client_id = "other"; }},
      {R"(user "alice", not "bob".)", [](SessionRecord& record) { record.username = "bob"; }},
      {R"(scope "read", not "read write".)",
       [](SessionRecord& record) {
         record.scope = {"write", "read"};
       }},
      {R"(scope "read", not none.)", [](SessionRecord& record) { record.scope = {}; }},
      {R"(resource none, not "https://api.example".)",
       [](SessionRecord& record) { record.resource = {"https://api.example"}; }},
  };
  World world;
  world.sign_in();
  for (const auto& row : rows) {
    SessionRecord other = World::wanted();
    row.change(other);
    const auto refused = SignIn::prepare(other, false, world.options());
    REQUIRE_FALSE(refused.has_value());
    CHECK(shown(refused.error()) ==
          "usage: Session \"work\" exists already, with the " + std::string(row.sentence));
    CHECK(refused.error().hint.find("--replace") != std::string::npos);
    CHECK(SignIn::prepare(other, true, world.options()).has_value());
  }
  // The same, written in another way.
  SessionRecord same = World::wanted();
  same.client.token_endpoint = "HTTPS://AS.example:443/token";
  same.scope = {"read", "read"};
  same.username = "";
  CHECK(SignIn::prepare(same, false, world.options()).has_value());
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("a user name that was typed meets the existing session before anything is sent") {
  World world;
  world.sign_in();
  SessionRecord anybody = World::wanted();
  anybody.username = "";
  auto prepared = SignIn::prepare(anybody, false, world.options());
  REQUIRE(prepared.has_value());
  PasswordGrant grant = World::grant();
  grant.username = "bob";
  CHECK(prepared->request(std::move(grant)).error().error_class == ErrorClass::usage);
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("user names that are not UTF-8 are told apart by their bytes") {
  World world;
  const auto sign_in = [&](const std::string& username) {
    SessionRecord wanted = World::wanted();
    wanted.username = username;
    auto prepared = SignIn::prepare(wanted, false, world.options());
    if (!prepared) return shown(prepared.error());
    return value(prepared->request(PasswordGrant{.username = username, .password = Secret("secret")}));
  };
  CHECK(sign_in("m\xfcller") == "at-1");
  CHECK(sign_in("m\xfcller") == "at-2");
  CHECK(world.record().username == "m\xfcller");
  CHECK(value(world.source().token({.renew_now = true})) == "at-3");
  for (const char* const other : {"m\xf6ller", "m\xef\xbf\xbdller", "m\xc3\xbcller"})
    CHECK(sign_in(other).starts_with("usage: Session \"work\" exists already, with the user "));
}

TEST_CASE("a replaced session leaves no tokens behind") {
  World world;
  world.sign_in();
  const std::string old = world.half_file();
  const std::string old_lock = world.state + "/locks/" + world.record().id + ".lock";
  REQUIRE(fs::exists(old_lock));
  SessionRecord other = World::wanted();
  other.username = "bob";
  auto prepared = SignIn::prepare(other, true, world.options());
  REQUIRE(prepared.has_value());
  PasswordGrant grant = World::grant();
  grant.username = "bob";
  REQUIRE(prepared->request(std::move(grant)).has_value());
  CHECK_FALSE(fs::exists(old));
  CHECK_FALSE(fs::exists(old_lock));
  CHECK(world.record().username == "bob");
  CHECK(world.record().generation == 1);
  CHECK(value(world.source().token()) == "at-2");
}

TEST_CASE("who renews a new session while the replaced one is still being removed loses nothing") {
  World world;
  world.sign_in();
  SessionRecord other = World::wanted();
  other.scope = {"write"};
  bool refuses = false;
  std::string meanwhile;
  world.store->before = [&](std::string_view verb) -> std::optional<Error> {
    if (verb == "erase" && meanwhile.empty()) {
      world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
        refuses = true;
        return std::nullopt;
      };
      meanwhile = value(world.source().token({.renew_now = true}));
      refuses = false;
    }
    return refuses && verb == "save" ? std::optional(store_failure()) : std::nullopt;
  };
  auto prepared = SignIn::prepare(other, true, world.options());
  REQUIRE(prepared.has_value());
  CHECK(value(prepared->request(World::grant())) == "at-2");
  CHECK(meanwhile == "at-3");
  world.server.after_commit = nullptr;
  CHECK(value(world.source().token()) == "at-3");
  CHECK(value(world.source().token({.renew_now = true})) == "at-4");
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("a damaged record is replaced only on request") {
  World world;
  world.sign_in();
  write(world.state + "/sessions/work.json", "{");
  CHECK(SignIn::prepare(World::wanted(), false, world.options()).error().reason == "damaged");
  auto prepared = SignIn::prepare(World::wanted(), true, world.options());
  REQUIRE(prepared.has_value());
  CHECK(value(prepared->request(World::grant())) == "at-2");
  CHECK(value(world.source().token()) == "at-2");
}

TEST_CASE("a wrong password is one request, keeps nothing, and another one may be tried") {
  World world;
  auto prepared = SignIn::prepare(World::wanted(), false, world.options());
  REQUIRE(prepared.has_value());
  CHECK(prepared->request(World::grant("wrong")).error().error_class == ErrorClass::credentials);
  CHECK(world.server.state().requests == 1);
  CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  CHECK(fs::is_empty(world.state + "/locks"));
  CHECK(value(prepared->request(World::grant())) == "at-1");
}

TEST_CASE("a store that would not take the tokens is found out before the password is sent") {
  World world;
  world.store->before = [](std::string_view verb) {
    return verb == "probe" ? std::optional(store_failure()) : std::nullopt;
  };
  const auto refused = SignIn::prepare(World::wanted(), false, world.options());
  CHECK(shown(refused.error()) == "store: The keyring is locked.");
  CHECK(world.server.state().requests == 0);
}

TEST_CASE("a token that could not be kept is handed over once, and an existing session stays") {
  World world;
  world.sign_in();
  const std::string before = content(world.half_file());
  auto prepared = SignIn::prepare(World::wanted(), false, world.options());
  REQUIRE(prepared.has_value());
  world.store->before = [](std::string_view verb) {
    return verb == "save" ? std::optional(store_failure()) : std::nullopt;
  };
  const auto failed = prepared->request(World::grant());
  CHECK(shown(failed.error()) == "store: The keyring is locked.");
  const auto token = prepared->take_unkept_token();
  REQUIRE(token.has_value());
  CHECK(token->access_token.expose() == "at-2");
  CHECK(token->refresh_token.expose() == "rt-2");
  CHECK_FALSE(prepared->take_unkept_token().has_value());
  CHECK(content(world.half_file()) == before);
  CHECK(world.record().generation == 1);
}

TEST_CASE("a store that loses what it confirmed is not believed") {
  World world;
  auto prepared = SignIn::prepare(World::wanted(), false, world.options());
  REQUIRE(prepared.has_value());
  world.store->after = [&](std::string_view) {
    for (const auto& entry : fs::directory_iterator(world.folder.path + "/store"))
      write(entry.path().string(), "{}");
    return std::nullopt;
  };
  const auto failed = prepared->request(World::grant());
  CHECK(failed.error().error_class == ErrorClass::store);
  CHECK(failed.error().reason == "damaged");
  CHECK(prepared->take_unkept_token().has_value());
  CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  // No tokens of a session that does not exist.
  CHECK(fs::is_empty(world.folder.path + "/store"));
}

TEST_CASE("store none keeps nothing") {
  World world;
  SessionRecord wanted = World::wanted();
  wanted.store = "none";
  auto prepared = SignIn::prepare(wanted, false, world.options());
  REQUIRE(prepared.has_value());
  CHECK(value(prepared->request(World::grant())) == "at-1");
  CHECK(fs::is_empty(world.state + "/sessions"));
  CHECK(fs::is_empty(world.folder.path + "/store"));
}

TEST_CASE("names and stores that cannot be are refused before anything else") {
  World world;
  SessionRecord wanted = World::wanted("a/b");
  CHECK(SignIn::prepare(wanted, false, world.options()).error().error_class == ErrorClass::usage);
  wanted = World::wanted();
  wanted.store = "file:relative";
  SessionOptions options = world.options();
  options.store.reset();
  CHECK(SignIn::prepare(wanted, false, std::move(options)).error().error_class == ErrorClass::usage);
}

TEST_CASE("a session is bound to its server: another value is named beside the old one") {
  World world;
  world.sign_in();
  const auto session = Session::open("work", world.options());
  REQUIRE(session.has_value());
  struct {
    const char* member;
    const char* sentence;
    AskedBinding asked;
  } const rows[] = {
      {"token_endpoint",
       R"(token endpoint "https://as.example/token", not "https://evil.example/token".)",
       {.client = {.token_endpoint = "https://evil.example/token"}}},
      {"issuer",
       R"(issuer none, not "https://evil.example".)",
       {.client = {.issuer = "https://evil.example"}}},
      {"introspection_endpoint",
       R"(introspection endpoint "https://as.example/introspect", not "https://evil.example/i".)",
       {.client = {.introspection_endpoint = "https://evil.example/i"}}},
      {"revocation_endpoint",
       R"(revocation endpoint "https://as.example/revoke", not "https://evil.example/r".)",
       {.client = {.revocation_endpoint = "https://evil.example/r"}}},
      {"client_id", R"(client id "app", not "other".)", {.client = {.client_id = "other"}}},
      {"client_auth",
       R"(client authentication "none", not "client_secret_post".)",
       {.client = {.client_auth = "client_secret_post"}}},
      {"basic_encoding",
       R"(basic encoding "form", not "raw".)",
       {.client = {.basic_encoding = BasicEncoding::raw}}},
      {"ca_file", R"(CA file none, not "/tmp/ca.pem".)", {.client = {.ca_file = "/tmp/ca.pem"}}},
      {"username", R"(user "alice", not "bob".)", {.username = "bob"}},
      {"scope", R"(scope "read", not "read write".)", {.scope = {"write", "read"}}},
      {"resource", R"(resource none, not "https://r.example".)", {.resource = {"https://r.example"}}},
  };
  for (const auto& row : rows) {
    const auto bound = session->check_binding(row.asked);
    REQUIRE_FALSE(bound.has_value());
    CHECK(shown(bound.error()) == "usage: Session \"work\" is bound to the " + std::string(row.sentence));
    CHECK(bound.error().reason == row.member);
  }
  CHECK(session->check_binding({}).has_value());
  CHECK(session
            ->check_binding({.client = {.token_endpoint = "https://AS.example:443/token", .client_id = "app"},
                             .username = "alice",
                             .scope = {"read", "read"}})
            .has_value());
}

TEST_CASE("an edited record sends no token elsewhere") {
  struct {
    const char* name;
    std::string ClientSettings::*member;
  } const rows[] = {{"token_endpoint", &ClientSettings::token_endpoint},
                    {"introspection_endpoint", &ClientSettings::introspection_endpoint},
                    {"revocation_endpoint", &ClientSettings::revocation_endpoint},
                    {"client_id", &ClientSettings::client_id}};
  for (const auto& row : rows) {
    World world;
    world.sign_in();
    const std::string old = world.record().client.*row.member;
    world.change([&](SessionRecord& record) { record.client.*row.member = "https://evil.example/x"; });
    const std::string expected = "config: The record of session \"work\" names the " + std::string(row.name) +
                                 " \"https://evil.example/x\", but its tokens belong to \"" + old + "\".";
    CHECK(value(world.source().token({.renew_now = true})) == expected);
    auto session = Session::open("work", world.options());
    CHECK(shown(session->revoke().error()) == expected);
    CHECK(shown(session->introspect().error()) == expected);
    CHECK(world.server.state().requests == 1);
    // A person who gives it up can.
    CHECK(session->forget().has_value());
  }
}

TEST_CASE("a session that does not exist names those there are") {
  World world;
  const bool had_folder = fs::exists(world.state);
  const auto none = Session::open("work", world.options());
  CHECK(fs::exists(world.state) == had_folder);
  CHECK(shown(none.error()) == "reauthenticate: There is no session \"work\".");
  CHECK(none.error().hint == "There are none yet. Sign in with: oauth-token password --session work");
  world.sign_in("a");
  world.sign_in("b");
  CHECK(Session::open("work", world.options()).error().hint ==
        "There are: a, b. Sign in with: oauth-token password --session work");
}

TEST_CASE("revoking tells the server of both tokens, then forgets them") {
  World world;
  world.sign_in();
  const std::string half = world.half_file();
  std::vector<std::string> bodies;
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    bodies.push_back(world.server.body);
    return std::nullopt;
  };
  auto session = Session::open("work", world.options());
  REQUIRE(session->revoke().has_value());
  CHECK(bodies == std::vector<std::string>{"token=rt-1&token_type_hint=refresh_token&client_id=app",
                                           "token=at-1&token_type_hint=access_token&client_id=app"});
  CHECK_FALSE(fs::exists(half));
  CHECK(fs::is_empty(world.state + "/sessions"));
  CHECK(fs::is_empty(world.state + "/locks"));
}

TEST_CASE("tokens that the server did not take back are kept") {
  World world;
  world.sign_in();
  world.server.before_commit = [] { return Server::json(503, R"({"error":"server_error"})"); };
  auto session = Session::open("work", world.options());
  CHECK_FALSE(session->revoke().has_value());
  world.server.before_commit = nullptr;
  CHECK(value(world.source().token()) == "at-1");
  // An access token that cannot be taken back does not keep the session alive.
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    if (world.server.body.find("token=at-") == std::string::npos) return std::nullopt;
    return Server::json(400, R"({"error":"unsupported_token_type"})");
  };
  CHECK(session->revoke().has_value());
  CHECK(fs::is_empty(world.state + "/sessions"));
}

TEST_CASE("forgetting asks nobody and leaves nothing, damaged or not") {
  World world;
  world.sign_in();
  write(world.half_file(), "{");
  auto session = Session::open("work", world.options());
  CHECK(session->introspect().error().reason == "damaged");
  REQUIRE(session->forget().has_value());
  CHECK(fs::is_empty(world.folder.path + "/store"));
  CHECK(fs::is_empty(world.state + "/sessions"));
  CHECK(world.server.state().requests == 1);
  CHECK_FALSE(session->forget().has_value());
  CHECK(fs::is_empty(world.state + "/locks"));
}

TEST_CASE("introspection asks for the stored access token") {
  World world;
  world.sign_in();
  auto session = Session::open("work", world.options());
  const auto answer = session->introspect();
  REQUIRE(answer.has_value());
  CHECK(answer->expose() == R"({"active":true,"scope":"read"})");
  CHECK(world.server.body == "token=at-1&token_type_hint=access_token&client_id=app");
}

}  // namespace sign_in_test
