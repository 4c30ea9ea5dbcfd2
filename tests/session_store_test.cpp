#include "support/session_world.hpp"

#include <functional>
#include <string>

namespace session_store_test {

using namespace world;

// Sessions in the sealed files of the library's own store.

namespace {

constexpr std::string_view key = "base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct FileWorld : World {
  std::string key_file = folder.path + "/key";
  FileWorld() { write(key_file, key); }

  SessionOptions file_options() {
    SessionOptions options = World::options();
    options.store.reset();
    return options;
  }
  void sign_in_to(const std::string& place) {
    SessionRecord record = wanted();
    record.store = place;
    SessionOptions options = file_options();
    options.file.key_file = key_file;
    auto prepared = SignIn::prepare(record, false, std::move(options));
    REQUIRE_MESSAGE(prepared.has_value(), (prepared ? "" : shown(prepared.error())));
    CHECK(value(prepared->request(grant())) == "at-1");
  }
  TokenSource file_source() { return TokenSource(Session::open("work", file_options())); }
};

}  // namespace

TEST_CASE("a session in sealed files is renewed without being told of store or key again") {
  FileWorld world;
  world.sign_in_to("file");
  CHECK(world.record().store == "file");
  CHECK(world.record().store_key_file == world.key_file);
  CHECK(value(world.file_source().token()) == "at-1");
  CHECK(value(world.file_source().token({.renew_now = true})) == "at-2");
  CHECK(value(world.file_source().token()) == "at-2");
  CHECK(fs::exists(world.state + "/tokens"));
  for (const char* const secret : {"rt-", "at-", "secret"})
    CHECK(everything_in(world.state).find(secret) == std::string::npos);
}

TEST_CASE("the key file that an application's record names seals its tokens, unless it gives a key") {
  const auto sign_in = [](FileWorld& world, SessionOptions options) {
    SessionRecord record = world.wanted();
    record.store = "file";
    record.store_key_file = world.key_file;
    auto prepared = SignIn::prepare(record, false, std::move(options));
    REQUIRE_MESSAGE(prepared.has_value(), (prepared ? "" : shown(prepared.error())));
    CHECK(value(prepared->request(World::grant())) == "at-1");
    return world.record().store_key_file;
  };
  FileWorld named;
  CHECK(sign_in(named, named.file_options()) == named.key_file);
  CHECK(value(named.file_source().token({.renew_now = true})) == "at-2");
  FileWorld given;
  SessionOptions with_key = given.file_options();
  with_key.file.key = Secret("passphrase:another");
  CHECK(sign_in(given, std::move(with_key)) == "");
  CHECK_FALSE(given.file_source().token({.renew_now = true}).has_value());
}

TEST_CASE("an older sealed file that was put back is recognised") {
  FileWorld world;
  const std::string folder = world.folder.path + "/sealed";
  world.sign_in_to("file:" + folder);
  fs::copy(folder, folder + "-yesterday", fs::copy_options::recursive);
  REQUIRE(world.file_source().token({.renew_now = true}).has_value());
  REQUIRE(world.file_source().token({.renew_now = true}).has_value());
  fs::remove_all(folder);
  fs::rename(folder + "-yesterday", folder);
  CHECK(world.file_source().token({.renew_now = true}).error().reason == "older");
  CHECK(world.server.state().refreshes == 2);
}

TEST_CASE("a wrong or missing key is no reason to lose anything") {
  FileWorld world;
  world.sign_in_to("file");
  const std::string before = everything_in(world.state + "/tokens");
  write(world.key_file, "base64:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  CHECK_FALSE(world.file_source().token().has_value());
  fs::remove(world.key_file);
  CHECK_FALSE(world.file_source().token({.renew_now = true}).has_value());
  CHECK(everything_in(world.state + "/tokens") == before);
  write(world.key_file, key);
  CHECK(value(world.file_source().token({.renew_now = true})) == "at-2");
}

TEST_CASE("moving takes the tokens along and leaves none behind") {
  FileWorld world;
  world.sign_in_to("file");
  const std::string target = world.folder.path + "/other";
  SessionOptions options = world.file_options();
  options.file.key_file = world.key_file;
  auto session = Session::open("work", std::move(options));
  REQUIRE(session->move("file:" + target).has_value());
  CHECK(session->record().store == "file:" + target);
  CHECK(world.record().store == "file:" + target);
  CHECK(everything_in(world.state + "/tokens").empty());
  CHECK(value(world.file_source().token()) == "at-1");
  CHECK(value(world.file_source().token({.renew_now = true})) == "at-2");
  CHECK(session->move("file:" + target).error().error_class == ErrorClass::usage);
  CHECK(session->move("own").error().error_class == ErrorClass::usage);
  CHECK(session->move("file:relative").error().error_class == ErrorClass::usage);
}

TEST_CASE("whoever opened a session before it was moved forgets it where it is now") {
  FileWorld world;
  world.sign_in_to("file");
  const std::string target = world.folder.path + "/other";
  auto early = Session::open("work", world.file_options());
  SessionOptions options = world.file_options();
  options.file.key_file = world.key_file;
  REQUIRE(Session::open("work", std::move(options))->move("file:" + target).has_value());
  CHECK_FALSE(everything_in(target).empty());
  CHECK(early->forget().has_value());
  CHECK(everything_in(target).empty());
}

TEST_CASE("whoever opened a session before it was moved finds its tokens where they are now") {
  const struct {
    std::string name;
    std::function<Result<void>(Session&)> ask;
    std::string error = {};
  } rows[] = {
      {"introspect", [](Session& session) { return session.introspect().map([](const Secret&) {}); }},
      {"dpop_proof", [](Session& session) { return session.dpop_proof({}).map([](const Secret&) {}); },
       "config: The tokens of session \"work\" are not bound to a key."},
      {"forget", [](Session& session) { return session.forget(); }},
      {"revoke", [](Session& session) { return session.revoke(); }},
      {"move", [](Session& session) { return session.move("file"); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FileWorld world;
    const std::string first = world.folder.path + "/first";
    world.sign_in_to("file:" + first);
    auto early = Session::open("work", world.file_options());
    SessionOptions options = world.file_options();
    options.file.key_file = world.key_file;
    const std::string other = "file:" + world.folder.path + "/other";
    REQUIRE(Session::open("work", std::move(options))->move(other).has_value());
    // Where they were, no store can be opened any more.
    fs::remove_all(first);
    write(first, "in the way");
    const auto done = row.ask(*early);
    CHECK((done ? "" : shown(done.error())) == row.error);
    CHECK(early->record().store == (row.name == "move" ? "file" : other));
  }
}

TEST_CASE("tokens that the new store does not take stay where they are") {
  FileWorld world;
  world.sign_in_to("file");
  SessionOptions options = world.file_options();
  options.file.key_file = world.key_file;
  auto session = Session::open("work", std::move(options));
  write(world.folder.path + "/in-the-way", "");
  CHECK_FALSE(session->move("file:" + world.folder.path + "/in-the-way").has_value());
  CHECK(world.record().store == "file");
  CHECK(value(world.file_source().token()) == "at-1");
}

}  // namespace session_store_test
