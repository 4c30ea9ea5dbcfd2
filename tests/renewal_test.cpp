#include "support/session_world.hpp"

#include <string>
#include <utility>

namespace renewal_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

// A JWT with these claims, as far as anybody looks.
std::string id_token(const std::string& claims_in_base64url) { return "e30." + claims_in_base64url + ".sig"; }
const std::string alice = id_token("eyJpc3MiOiJhIiwic3ViIjoiYWxpY2UifQ");  // {"iss":"a","sub":"alice"}
const std::string alice_later = id_token("eyJzdWIiOiJhbGljZSIsImlzcyI6ImEiLCJpYXQiOjl9");
const std::string bob = id_token("eyJpc3MiOiJhIiwic3ViIjoiYm9iIn0");  // {"iss":"a","sub":"bob"}

}  // namespace

TEST_CASE("what the session asked for goes out again: resource and parameters, but no scope") {
  World world;
  SessionRecord wanted = World::wanted();
  wanted.resource = {"https://api.example/"};
  wanted.parameters = {{"tenant", "a b"}};
  auto prepared = SignIn::prepare(wanted, false, world.options());
  REQUIRE(prepared->request(World::grant()).has_value());
  REQUIRE(world.source().token({.renew_now = true}).has_value());
  CHECK(world.server.body ==
        "grant_type=refresh_token&refresh_token=rt-1&client_id=app&resource=https%3A%2F%2Fapi.example%2F&"
        "tenant=a%20b");
}

TEST_CASE("a server that does not rotate: the old refresh token is kept") {
  World world;
  world.server.rotates = false;
  world.sign_in();
  for (int round = 0; round < 3; ++round) {
    world.expire();
    REQUIRE(world.source().token().has_value());
    CHECK(content(world.half_file()).find(R"("refresh_token":"rt-1")") != std::string::npos);
  }
  CHECK(world.server.state().refreshes == 3);
  CHECK(world.record().generation == 4);
}

TEST_CASE("the program is told which part must not be cut short") {
  World world;
  world.sign_in();
  std::string story;
  SessionOptions options = world.options();
  options.critical_part = [&](bool begins) { story += begins ? "begin " : "end "; };
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    story += "request ";
    return std::nullopt;
  };
  world.store->before = [&](std::string_view verb) -> std::optional<Error> {
    if (verb == "save") story += "save ";
    return std::nullopt;
  };
  TokenSource source(Session::open("work", std::move(options)));
  CHECK(value(source.token()) == "at-1");
  CHECK(story.empty());
  CHECK(value(source.token({.renew_now = true})) == "at-2");
  CHECK(story == "save begin request save end ");
}

TEST_CASE("after a failure the next ones get the same answer without asking, unless they insist") {
  World world;
  world.sign_in();
  world.expire();
  world.server.before_commit = [] {
    HttpResponse answer = Server::json(429, "{}");
    answer.headers.push_back({"Retry-After", "1800"});
    return answer;
  };
  const auto first = world.source().token();
  CHECK(first.error().error_class == ErrorClass::rate_limited);
  CHECK(world.server.state().refreshes == 0);
  CHECK(world.server.state().requests == 2);
  world.server.before_commit = nullptr;
  const auto second = world.source().token();
  CHECK(second.error().error_class == ErrorClass::rate_limited);
  CHECK(second.error().message == first.error().message);
  CHECK(second.error().retry_after > 1700s);
  CHECK(world.server.state().requests == 2);
  CHECK(value(world.source().token({.force = true})) == "at-2");
  CHECK_FALSE(world.record().failure.has_value());
}

TEST_CASE("429 does not end a session, whatever else the answer says") {
  World world;
  world.sign_in();
  world.server.before_commit = [] {
    HttpResponse answer = Server::json(429, R"({"error":"invalid_grant"})");
    answer.headers.push_back({"Retry-After", "1"});
    return answer;
  };
  const auto first = world.source().token({.renew_now = true});
  CHECK(first.error().error_class == ErrorClass::rate_limited);
  CHECK(first.error().retry_after == 1s);
  world.server.before_commit = nullptr;
  CHECK(value(world.source().token({.renew_now = true, .wait = 60s})) == "at-2");
}

TEST_CASE("an answer that is no valid one renews nothing, but its refresh token takes the old one's place") {
  const std::string rest = R"(,"expires_in":3600,"refresh_token":"rt-2"})";
  for (const std::string type : {"", R"(,"token_type":7)", R"(,"token_type":null)"}) {
    World world;
    world.sign_in();
    world.server.after_commit = [&] { return Server::json(200, R"({"access_token":"at-2")" + type + rest); };
    const auto broken = world.source().token({.renew_now = true});
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().error_class == ErrorClass::protocol);
    CHECK(broken.error().reason == "token-type");
    CHECK(value(world.source().token()) == "at-1");
    CHECK(world.record().failure.has_value());
    world.server.after_commit = nullptr;
    CHECK(value(world.source().token({.renew_now = true, .force = true})) == "at-3");
    CHECK(world.server.state().reused == 0);
  }
}

TEST_CASE("the refresh token of a whole answer whose status is not 200 takes the old one's place, too") {
  for (const int status : {201, 202, 203, 206, 400, 500}) {
    CAPTURE(status);
    World world;
    world.sign_in();
    world.server.after_commit = [&] {
      return Server::json(status, R"({"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2"})");
    };
    CHECK_FALSE(world.source().token({.renew_now = true}).has_value());
    world.server.after_commit = nullptr;
    const bool is_kept = value(world.source().token({.renew_now = true, .force = true})) == "at-3";
    CHECK(is_kept == (status < 300));
  }
}

TEST_CASE("a session that was signed in leniently is renewed leniently") {
  World world;
  world.server.after_commit = [&] {
    const std::string number = std::to_string(world.server.state().current);
    return Server::json(200,
                        R"({"access_token":"at-)" + number + R"(","refresh_token":"rt-)" + number + "\"}");
  };
  SessionOptions options = world.options();
  options.client.lenient = true;
  auto prepared = SignIn::prepare(World::wanted(), false, std::move(options));
  REQUIRE(prepared->request(World::grant()).has_value());
  CHECK(world.record().client.lenient);
  CHECK(value(world.source().token({.renew_now = true})) == "at-2");
}

TEST_CASE("a refresh token that the server calls invalid is not sent again until a new sign-in") {
  World world;
  world.sign_in();
  world.expire();
  world.server.before_commit = [] { return Server::json(400, R"({"error":"invalid_grant"})"); };
  const auto refused = world.source().token();
  CHECK(shown(refused.error()) ==
        "reauthenticate: The server calls the refresh token of session \"work\" invalid: it is expired, "
        "revoked, "
        "or was used already.");
  CHECK(refused.error().hint.find("oauth-token password --session work") != std::string::npos);
  CHECK(world.record().dead_generation == 1);
  CHECK(world.record().failure->error_class == "reauthenticate");
  CHECK(world.record().failure->code == "invalid_grant");
  CHECK(world.record().failure->message == refused.error().message);
  CHECK(world.source().token({.renew_now = true}).error().reason == "dead");
  CHECK(world.server.state().requests == 2);
  world.server.before_commit = nullptr;
  CHECK(value(world.source().token({.force = true})) == "at-2");
  CHECK(world.record().dead_generation == 0);
  world.change([](SessionRecord& record) { record.dead_generation = record.generation; });
  world.sign_in();
  CHECK(value(world.source().token({.renew_now = true})) == "at-4");
}

TEST_CASE("before a refresh token is called dead, the store is asked once more") {
  World world;
  world.sign_in();
  world.expire();
  const std::string other =
      content(world.half_file()).replace(content(world.half_file()).find("rt-1"), 4, "rt-9");
  world.server.before_commit = [&] {
    write(world.half_file(), other);
    return Server::json(400, R"({"error":"invalid_grant"})");
  };
  CHECK_FALSE(world.source().token().has_value());
  CHECK(world.record().dead_generation == 0);
}

TEST_CASE("other refusals and gateways mark nothing") {
  struct {
    int status;
    const char* body;
  } const rows[] = {{403, R"({"error":"access_denied"})"},  {401, R"({"error":"invalid_token"})"},
                    {401, R"({"error":"invalid_client"})"}, {502, "<html>Bad gateway</html>"},
                    {200, "<html>Please log in</html>"},    {500, R"({"error":"invalid_grant"})"}};
  for (const auto& row : rows) {
    World world;
    world.sign_in();
    world.expire();
    world.server.before_commit = [&] { return Server::json(row.status, row.body); };
    CHECK_FALSE(world.source().token().has_value());
    CHECK_MESSAGE(world.record().dead_generation == 0, row.body);
    world.server.before_commit = nullptr;
    CHECK(value(world.source().token({.force = true})) == "at-2");
  }
}

TEST_CASE("an id_token of somebody else is no answer to this session's renewal") {
  for (const std::string& next : {alice_later, bob, std::string("junk")}) {
    World world;
    world.server.more = R"(,"id_token":")" + alice + "\"";
    world.sign_in();
    world.server.more.clear();
    CHECK(world.source().token({.renew_now = true})->id_token.expose() == alice);
    world.server.more = R"(,"id_token":")" + next + "\"";
    const auto token = world.source().token({.renew_now = true});
    if (next == alice_later) {
      CHECK(token->id_token.expose() == alice_later);
    } else {
      CHECK(token.error().error_class == ErrorClass::protocol);
      CHECK(value(world.source().token()) == "at-2");
    }
  }
}

TEST_CASE(
    "the refresh token that an id_token of somebody else was issued for is spent, its successor unused") {
  for (const bool rotates : {true, false}) {
    CAPTURE(rotates);
    World world;
    world.server.more = R"(,"id_token":")" + alice + "\"";
    world.sign_in();
    world.server.rotates = rotates;
    world.expire();
    world.server.more = R"(,"id_token":")" + bob + "\"";
    const auto token = world.source().token();
    CHECK(shown(token.error()) ==
          "protocol: The server answered the renewal with the id_token of another user or issuer.");
    CHECK(token.error().hint == "Sign in again, and tell the server's operator.");
    CHECK(world.record().dead_generation == (rotates ? 1 : 0));
    CHECK(world.record().generation == 1);
    CHECK(everything_in(world.folder.path).find("rt-2") == std::string::npos);
    // The server's operator has mended it; the time in which nobody asks again is over.
    world.server.more.clear();
    world.change([](SessionRecord& record) { record.failure->not_before = record.failure->at; });
    const auto next = world.source().token();
    CHECK(world.server.state().reused == 0);
    if (!rotates) {
      CHECK(next.has_value());  // the same refresh token is still the valid one
      continue;
    }
    CHECK(shown(next.error()) ==
          "reauthenticate: The refresh token of session \"work\" can no longer be used. The last renewal "
          "failed: "
          "The server answered the renewal with the id_token of another user or issuer.");
    CHECK(next.error().reason == "dead");
    CHECK(next.error().hint.find("oauth-token password --session work") != std::string::npos);
    CHECK(world.server.state().refreshes == 1);
    world.sign_in();
    CHECK(world.source().token({.renew_now = true}).has_value());
    CHECK(world.record().dead_generation == 0);
  }
}

TEST_CASE("without a refresh token the session says that it cannot be renewed") {
  World world;
  world.sign_in();
  world.replace_in_half(R"("refresh_token":"rt-1",)", "");
  CHECK(value(world.source().token()) == "at-1");
  world.expire();
  CHECK(value(world.source().token()) ==
        "reauthenticate: The server gave session \"work\" no refresh token, so it cannot be renewed.");
}

}  // namespace renewal_test
