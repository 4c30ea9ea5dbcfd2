#include "support/session_world.hpp"

#include <string>
#include <utility>

using namespace world;
using namespace std::chrono_literals;

namespace {

Result<HttpResponse> network_error(Sent sent, std::string reason) {
  return fail(Error{.error_class = ErrorClass::network,
                    .message = "The connection broke.",
                    .reason = std::move(reason),
                    .sent = sent});
}

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

TEST_CASE("a refresh is sent once more when the connection was cut, and only then") {
  struct {
    Sent sent;
    const char* reason;
    int requests;
  } const rows[] = {{Sent::maybe, "closed", 2},
                    {Sent::maybe, "reset", 2},
                    {Sent::maybe, "answer", 1},
                    {Sent::no, "refused", 1},
                    {Sent::yes, "truncated", 1}};
  for (const auto& row : rows) {
    World world;
    world.sign_in();
    world.expire();
    world.server.before_commit = [&] { return network_error(row.sent, row.reason); };
    CHECK(world.source().token().error().error_class == ErrorClass::network);
    CHECK_MESSAGE(world.server.state().requests == 1 + row.requests, row.reason);
  }
  World world;
  world.sign_in();
  world.expire();
  bool cut = true;
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
    return std::nullopt;
  };
  CHECK(value(world.source().token()) == "at-2");
  // After a timeout not, whatever the time allowed.
  World slow;
  slow.sign_in();
  slow.expire();
  slow.server.before_commit = [] {
    return Result<HttpResponse>(fail(Error{.error_class = ErrorClass::timeout,
                                           .message = "No answer.",
                                           .reason = "answer",
                                           .sent = Sent::maybe}));
  };
  CHECK(slow.source().token({.wait = 3600s}).error().error_class == ErrorClass::timeout);
  CHECK(slow.server.state().requests == 2);
}

TEST_CASE("a cut connection and a repetition that could not be sent: the refresh token may be spent") {
  World world;
  world.sign_in();
  world.expire();
  bool cut = true;
  world.server.before_commit = [&] {
    if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
    return network_error(Sent::no, "refused");
  };
  const auto token = world.source().token({.wait = 3s});
  REQUIRE_FALSE(token.has_value());
  CHECK(token.error().reason == "refused");
  CHECK(to_string(token.error().sent) == "maybe");
  CHECK_FALSE(token.error().retry_safe);
  CHECK(world.server.state().requests == 3);
}

TEST_CASE("a repetition after a cut that is refused: the message says that the first one may have renewed") {
  struct {
    int status;
    const char* body;
    const char* error_class;
    bool dead;
  } const rows[] = {{400, R"({"error":"invalid_grant"})", "reauthenticate", true},
                    {401, R"({"error":"invalid_client"})", "client-auth", false},
                    {400, R"({"error":"invalid_request"})", "request", false}};
  for (const auto& row : rows) {
    CAPTURE(row.body);
    World world;
    world.sign_in();
    bool cut = true;
    world.server.before_commit = [&] {
      if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
      return Result<HttpResponse>(Server::json(row.status, row.body));
    };
    const auto refused = world.source().token({.renew_now = true, .wait = 3600s});
    CHECK(to_string(refused.error().error_class) == row.error_class);
    CHECK(refused.error().message.find("connection was cut") != std::string::npos);
    CHECK_FALSE(refused.error().retry_safe);
    CHECK(world.server.state().requests == 3);
    CHECK((world.record().dead_generation == 1) == row.dead);
    // What is not known is not forgotten: neither by this run nor by one that nothing comes of.
    CHECK(fs::exists(world.state + "/journal/" + world.record().id + ".next"));
    world.server.before_commit = [] { return network_error(Sent::no, "refused"); };
    CHECK_FALSE(world.source().token({.renew_now = true, .force = true}).has_value());
    world.server.before_commit = [] { return Server::json(401, R"({"error":"invalid_client"})"); };
    CHECK_FALSE(world.source().token({.renew_now = true, .force = true}).has_value());
    world.server.before_commit = [] { return Server::json(400, R"({"error":"invalid_grant"})"); };
    const auto later = world.source().token({.renew_now = true, .force = true});
    CHECK(later.error().message.find("A renewal that began at ") != std::string::npos);
  }
}

TEST_CASE(
    "a repetition that the server puts off is not sent a third time, not even while waiting is allowed") {
  for (const int status : {429, 503}) {
    World world;
    world.sign_in();
    const HttpResponse later{.status = status,
                             .headers = {{"Content-Type", "application/json"}, {"Retry-After", "1"}},
                             .body = Secret(R"({"error":"temporarily_unavailable"})")};
    bool cut = true;
    world.server.before_commit = [&] {
      if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
      return Result<HttpResponse>(
          HttpResponse{.status = later.status, .headers = later.headers, .body = later.body.copy()});
    };
    const auto put_off = world.source().token({.renew_now = true, .wait = 3600s});
    CHECK(put_off.error().http_status == status);
    CHECK(put_off.error().retry_after == 1s);
    CHECK_FALSE(put_off.error().retry_safe);
    CHECK(put_off.error().message.find("connection was cut") != std::string::npos);
    CHECK(world.server.state().requests == 3);
    // Another run asks again, when the time has come.
    world.server.before_commit = nullptr;
    CHECK(value(world.source().token({.renew_now = true, .wait = 60s})) == "at-2");
  }
}

TEST_CASE("a request and its repetition have one deadline") {
  World world;
  world.sign_in();
  world.server.before_commit = [] { return network_error(Sent::maybe, "closed"); };
  SessionOptions options = world.options();
  options.refresh_timeout = 7s;
  TokenSource source(Session::open("work", std::move(options)));
  const auto before = std::chrono::steady_clock::now();
  CHECK_FALSE(source.token({.renew_now = true}).has_value());
  const auto& deadlines = world.server.deadlines;
  REQUIRE(deadlines.size() == 3);
  CHECK(deadlines[1] == deadlines[2]);
  CHECK(deadlines[1] >= before + 7s);
  CHECK(deadlines[1] <= std::chrono::steady_clock::now() + 7s);
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

TEST_CASE("without a refresh token the session says that it cannot be renewed") {
  World world;
  world.sign_in();
  world.replace_in_half(R"("refresh_token":"rt-1",)", "");
  CHECK(value(world.source().token()) == "at-1");
  world.expire();
  CHECK(value(world.source().token()) ==
        "reauthenticate: The server gave session \"work\" no refresh token, so it cannot be renewed.");
}
