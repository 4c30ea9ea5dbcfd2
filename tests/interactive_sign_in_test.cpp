#include "support/async.hpp"
#include "support/session_world.hpp"

#include <oauth_token/interactive_sign_in.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace interactive_sign_in_test {

using namespace world;

namespace {

using Answer = std::function<void(Result<SignInAnswer>)>;

SignInAnswer answered(const std::string& username, std::string_view password) {
  return {.username = username, .password = Secret(password)};
}

/// Says one password after the other, and remembers the questions.
struct Person {
  std::vector<std::string> passwords;
  std::string username = "alice";
  std::vector<SignInQuestion> asked = {};

  AskPerson ask() {
    return [this](SignInQuestion question, const Answer& answer) {
      answer(answered(username, passwords.at(asked.size())));
      asked.push_back(std::move(question));
    };
  }
};

SignInOptions options_of(World& world, const std::string& username = "") {
  SignInOptions options{.wanted = World::wanted(), .session = world.options()};
  options.wanted.username = username;
  return options;
}

}  // namespace

TEST_CASE("a person is asked with all that a dialog shows, and the tokens are kept") {
  World world;
  Person person{{"secret"}};
  SignInOptions options = options_of(world);
  options.wanted.parameters = {{"audience", "api"}};
  options.factors = {"totp"};
  InteractiveSignIn sign_in(std::move(options), [&](SignInQuestion question, const Answer& answer) {
    SignInAnswer given = answered("bob", "secret");
    given.factors.push_back({.name = "totp", .value = Secret("123456")});
    answer(std::move(given));
    person.asked.push_back(std::move(question));
  });
  CHECK(value(sign_in.run()) == "at-1");
  REQUIRE(person.asked.size() == 1);
  const SignInQuestion& question = person.asked.front();
  CHECK(question.session == "work");
  CHECK(question.server == "https://as.example");
  CHECK(question.client_id == "app");
  CHECK(question.username.empty());
  CHECK_FALSE(question.username_is_fixed);
  CHECK(question.factors == std::vector<std::string>{"totp"});
  CHECK(question.attempt == 1);
  CHECK(question.attempts == 3);
  CHECK_FALSE(question.refused.has_value());
  CHECK(world.server.body ==
        "grant_type=password&username=bob&password=secret&client_id=app&scope=read&audience=api&totp=123456");
  CHECK(sign_in.record().username == "bob");
  CHECK(world.record().username == "bob");
}

TEST_CASE("after a wrong password the person is asked again, with the server's words and the name") {
  World world;
  Person person{{"wrong", "secret"}};
  InteractiveSignIn sign_in(options_of(world), person.ask());
  CHECK(value(sign_in.run()) == "at-1");
  REQUIRE(person.asked.size() == 2);
  CHECK(person.asked.at(1).username == "alice");
  CHECK(person.asked.at(1).attempt == 2);
  REQUIRE(person.asked.at(1).refused.has_value());
  CHECK(person.asked.at(1).refused->code == "invalid_grant");
  CHECK(world.server.state().requests == 2);
}

TEST_CASE("three wrong passwords are the end, and one is where nobody may be asked again") {
  for (const int attempts : {3, 1}) {
    World world;
    Person person{{"wrong", "wrong", "wrong", "secret"}};
    SignInOptions options = options_of(world);
    options.attempts = attempts;
    InteractiveSignIn sign_in(std::move(options), person.ask());
    CHECK(sign_in.run().error().error_class == ErrorClass::credentials);
    CHECK(world.server.state().requests == attempts);
    CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  }
}

TEST_CASE("no other failure than wrong credentials repeats a question") {
  World world;
  world.server.before_commit = [] { return Server::json(503, R"({"error":"server_error"})"); };
  Person person{{"secret", "secret"}};
  InteractiveSignIn sign_in(options_of(world), person.ask());
  CHECK(sign_in.run().error().error_class == ErrorClass::server);
  CHECK(world.server.state().requests == 1);
  // The same object serves for another try, as a dialog that stays open wants it.
  world.server.before_commit = nullptr;
  CHECK(value(sign_in.run()) == "at-1");
  CHECK(person.asked.size() == 2);
  CHECK(person.asked.at(1).attempt == 1);
}

TEST_CASE("a fixed user name is shown and stays") {
  World world;
  Person person{{"secret"}, "mallory"};
  InteractiveSignIn sign_in(options_of(world, "alice"), person.ask());
  CHECK(value(sign_in.run()) == "at-1");
  CHECK(person.asked.front().username == "alice");
  CHECK(person.asked.front().username_is_fixed);
  CHECK(world.server.body.find("username=alice&") != std::string::npos);
}

TEST_CASE("what can fail without a password fails before the first question") {
  World world;
  world.store->before = [](std::string_view verb) {
    return verb == "probe" ? std::optional(store_failure()) : std::nullopt;
  };
  Person person{{"secret"}};
  InteractiveSignIn sign_in(options_of(world), person.ask());
  CHECK(value(sign_in.run()) == "store: The keyring is locked.");
  CHECK(person.asked.empty());
}

TEST_CASE("an answer may come later and from another thread") {
  World world;
  std::thread dialog;
  InteractiveSignIn sign_in(options_of(world), [&](SignInQuestion, Answer answer) {
    dialog = std::thread([answer = std::move(answer)] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      answer(answered("alice", "secret"));
      answer(answered("mallory", "wrong"));  // too late
    });
  });
  CHECK(value(sign_in.run()) == "at-1");
  dialog.join();
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("an answer that is dropped is giving up") {
  World world;
  InteractiveSignIn sign_in(options_of(world), [](SignInQuestion, const Answer&) {});
  const auto token = sign_in.run();
  CHECK(value(token) == "interrupted: The sign-in was given up.");
  CHECK(token.error().reason == "given-up");
  CHECK(world.server.state().requests == 0);
}

TEST_CASE("an error as the answer ends the sign-in with it") {
  World world;
  InteractiveSignIn sign_in(options_of(world), [](SignInQuestion, const Answer& answer) {
    answer(fail(ErrorClass::usage, "There is no display."));
  });
  CHECK(value(sign_in.run()) == "usage: There is no display.");
}

TEST_CASE("a stop request ends the waiting for a person, and a late answer is no harm") {
  World world;
  std::stop_source stop;
  Answer kept;
  InteractiveSignIn sign_in(options_of(world), [&](SignInQuestion, Answer answer) {
    kept = std::move(answer);
    stop.request_stop();
  });
  CHECK(sign_in.run(stop.get_token()).error().error_class == ErrorClass::interrupted);
  kept(answered("alice", "secret"));
  CHECK(world.server.state().requests == 0);
}

TEST_CASE("another grant takes the place of the password grant") {
  World world;
  Person person{{"secret"}};
  SignInOptions options = options_of(world, "alice");
  options.make_grant = [](const SessionRecord& wanted, SignInAnswer answer) -> Grant {
    ExtensionGrant grant{.grant_type = "urn:example:card", .scope = wanted.scope};
    grant.extra.push_back({.name = "pin", .value = std::move(answer.password)});
    return grant;
  };
  InteractiveSignIn sign_in(std::move(options), person.ask());
  CHECK(value(sign_in.run()) == "at-1");
  CHECK(world.server.body == "grant_type=urn%3Aexample%3Acard&client_id=app&scope=read&pin=secret");
  CHECK(world.record().grant_type == "urn:example:card");
}

TEST_CASE("a token that could not be kept is handed over once") {
  World world;
  Person person{{"secret"}};
  world.store->before = [](std::string_view verb) {
    return verb == "save" ? std::optional(store_failure()) : std::nullopt;
  };
  InteractiveSignIn sign_in(options_of(world), person.ask());
  CHECK(value(sign_in.run()) == "store: The keyring is locked.");
  const auto token = sign_in.take_unkept_token();
  REQUIRE(token.has_value());
  CHECK(token->access_token.expose() == "at-1");
  CHECK_FALSE(sign_in.take_unkept_token().has_value());
}

TEST_CASE("a client without a session asks in the same way") {
  Person person{{"wrong", "secret"}};
  std::vector<std::string> sent;
  const auto token = request_interactively(
      sign_in_question(World::wanted()), person.ask(), [&](const SignInAnswer& answer) -> Result<Token> {
        sent.push_back(answer.username + ":" + std::string(answer.password.expose()));
        if (sent.back() == "alice:wrong") return fail(ErrorClass::credentials, "No.");
        return Token{.access_token = Secret("at")};
      });
  CHECK(value(token) == "at");
  CHECK(sent == std::vector<std::string>{"alice:wrong", "alice:secret"});
}

TEST_CASE("without blocking, questions and the token come where the executor says") {
  World world;
  Window window;
  Person person{{"wrong", "secret"}};
  SignInOptions options = options_of(world);
  options.executor = window.executor();
  std::vector<std::thread::id> where;
  const AskPerson ask = person.ask();
  InteractiveSignIn sign_in(std::move(options), [&](SignInQuestion question, Answer answer) {
    where.push_back(std::this_thread::get_id());
    ask(std::move(question), std::move(answer));
  });
  std::string came;
  sign_in.run_async({}, [&](const Result<Token>& token) { came = value(token); });
  CHECK(came.empty());
  window.run_one();  // the first question
  window.run_one();  // the second one
  CHECK(came.empty());
  window.run_one();
  CHECK(came == "at-1");
  CHECK(where == std::vector<std::thread::id>(2, std::this_thread::get_id()));
  CHECK(sign_in.record().username == "alice");
}

TEST_CASE("without blocking and without an executor, all comes on the library's own threads") {
  World world;
  Person person{{"secret"}};
  InteractiveSignIn sign_in(options_of(world), person.ask());
  std::promise<std::string> came;
  sign_in.run_async({}, [&](const Result<Token>& token) { came.set_value(value(token)); });
  CHECK(came.get_future().get() == "at-1");
}

TEST_CASE("a stop request ends a question that is open, and what is answered then is no harm") {
  World world;
  Window window;
  SignInOptions options = options_of(world);
  options.executor = window.executor();
  Answer kept;
  InteractiveSignIn sign_in(std::move(options),
                            [&](SignInQuestion, Answer answer) { kept = std::move(answer); });
  std::stop_source stop;
  std::string came;
  sign_in.run_async(stop.get_token(), [&](const Result<Token>& token) { came = value(token); });
  window.run_one();
  stop.request_stop();
  window.run_one();
  CHECK(came == "interrupted: Interrupted before there was an answer.");
  kept(answered("alice", "secret"));
  CHECK(world.server.state().requests == 0);
}

TEST_CASE("a question that still waits for the window's thread is not shown after a stop request") {
  World world;
  Window window;
  SignInOptions options = options_of(world);
  options.executor = window.executor();
  int asked = 0;
  InteractiveSignIn sign_in(std::move(options), [&](const SignInQuestion&, const Answer&) { ++asked; });
  std::stop_source stop;
  std::string came;
  sign_in.run_async(stop.get_token(), [&](const Result<Token>& token) { came = value(token); });
  {
    std::unique_lock lock(window.mutex);
    window.more.wait(lock, [&] { return !window.queue.empty(); });
  }
  stop.request_stop();
  window.run_one();
  window.run_one();
  CHECK(asked == 0);
  CHECK(came == "interrupted: Interrupted before there was an answer.");
}

TEST_CASE("who stops while a slow store takes the tokens is free at once; they are kept behind it") {
  World world;
  std::promise<void> saving;
  std::promise<void> store_answers;
  std::atomic<bool> is_slow = true;
  world.store->before = [&](std::string_view verb) -> std::optional<Error> {
    if (verb == "save" && is_slow.exchange(false)) {
      saving.set_value();
      store_answers.get_future().wait();
    }
    return std::nullopt;
  };
  Person person{{"secret", "secret"}};
  InteractiveSignIn sign_in(options_of(world), person.ask());
  std::stop_source stop;
  Awaited<Token> token;
  sign_in.run_async(stop.get_token(), token.done());
  saving.get_future().wait();
  stop.request_stop();
  const auto stopped = token.get();  // while the store has not answered
  CHECK(value(stopped) == "interrupted: Interrupted; what was issued is being kept in the background.");
  CHECK(stopped.error().reason == "goes-on");
  CHECK(sign_in.record().username.empty());
  CHECK_FALSE(fs::exists(world.state + "/sessions/work.json"));
  // Whoever cannot wait for it is told.
  CHECK(value(sign_in.run(stop.get_token())) ==
        "interrupted: Interrupted while the sign-in before this one was ending.");
  store_answers.set_value();
  CHECK(value(sign_in.run()) == "at-2");
  CHECK(world.record().generation == 2);
}

TEST_CASE("the end of a sign-in waits for a slow store that takes the tokens") {
  World world;
  std::promise<void> saving;
  std::promise<void> store_answers;
  world.store->before = [&](std::string_view verb) -> std::optional<Error> {
    if (verb == "save") {
      saving.set_value();
      store_answers.get_future().wait();
    }
    return std::nullopt;
  };
  Person person{{"secret"}};
  auto sign_in = std::make_unique<InteractiveSignIn>(options_of(world), person.ask());
  sign_in->run_async({}, [](const Result<Token>&) {});
  saving.get_future().wait();
  std::thread answering([&] { store_answers.set_value(); });
  sign_in.reset();
  answering.join();
  CHECK(world.record().username == "alice");
}

TEST_CASE("a dialog shows our sentence, and the server's words without what would harm it") {
  const Error error{.error_class = ErrorClass::credentials, .message = "The server refused the password."};
  CHECK(words_for_person(error) == "The server refused the password.");
  for (const auto& [said, shown] : std::vector<std::pair<std::string, std::string>>{
           {"No.", "No."}, {"no", "no."}, {"a\x1b[2Jb", "a\\x1b[2Jb."}}) {
    Error with_words = error;
    with_words.description = said;
    CHECK(words_for_person(with_words) == "The server refused the password. The server says: " + shown);
  }
}

TEST_CASE("a dialog says where one signs in, and then which attempt this is") {
  SignInQuestion question{.server = "https://as.example", .attempt = 2, .attempts = 3};
  CHECK(words_for_person(question) == "Sign in at https://as.example.");
  question.refused = Error{.error_class = ErrorClass::credentials,
                           .message = "The server refused the password.",
                           .description = "no"};
  CHECK(words_for_person(question) ==
        "The server refused the password. The server says: no. Attempt 2 of 3.");
}

TEST_CASE("a dialog that is closed may destroy the sign-in, from inside its question too") {
  enum class Close { in_question, before_question, on_own_thread };
  for (const Close close : {Close::in_question, Close::before_question, Close::on_own_thread}) {
    World world;
    Window window;
    SignInOptions options = options_of(world);
    if (close != Close::on_own_thread) options.executor = window.executor();
    std::unique_ptr<InteractiveSignIn> sign_in;
    std::promise<void> returned;
    std::promise<void> destroyed;
    int asked = 0;
    sign_in = std::make_unique<InteractiveSignIn>(std::move(options), [&](SignInQuestion, const Answer&) {
      ++asked;
      returned.get_future().wait();
      sign_in.reset();
      destroyed.set_value();
    });
    int called = 0;
    sign_in->run_async({}, [&](const Result<Token>&) { ++called; });
    returned.set_value();
    if (close == Close::on_own_thread) {
      destroyed.get_future().wait();
    } else if (close == Close::in_question) {
      window.run_one();
    } else {
      std::unique_lock lock(window.mutex);
      window.more.wait(lock, [&] { return !window.queue.empty(); });
      lock.unlock();
      sign_in.reset();
      window.run_one();
    }
    CHECK(asked == (close == Close::before_question ? 0 : 1));
    while (!window.queue.empty()) window.run_one();
    CHECK(called == 0);
  }
}

TEST_CASE("a child after fork gets an error from every call, and leaves the parent's sign-in alone") {
  World world;
  Person person{{"secret"}};
  auto sign_in = std::make_unique<InteractiveSignIn>(options_of(world), person.ask());
  const pid_t child = world::start([&] {
    std::promise<ErrorClass> refused;
    sign_in->run_async({}, [&](const Result<Token>& token) {
      refused.set_value(token ? ErrorClass::internal : token.error().error_class);
    });
    const bool async = refused.get_future().get() == ErrorClass::usage;
    const bool blocking = sign_in->run().error().error_class == ErrorClass::usage;
    const bool preparing = sign_in->prepare().error().error_class == ErrorClass::usage;
    sign_in.reset();
    return async && blocking && preparing ? 0 : 1;
  });
  CHECK(end_of(child) == 0);
  CHECK(value(sign_in->run()) == "at-1");
}

}  // namespace interactive_sign_in_test
