#include "support/session_world.hpp"

#include <oauth_token/caller_kept_token.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace caller_kept_token_test {

using namespace std::chrono_literals;
using namespace world;

namespace {

// A CI job that keeps its refresh token in a file.
struct Job {
  World world;
  std::string file = world.folder.path + "/refresh-token";
  std::vector<std::string> deliveries;
  bool place_is_full = false;

  Job() {
    // The server issues rt-1.
    auto client = make_client(settings, copy_of_run());
    REQUIRE(client->request(World::grant()).has_value());
    write(file, "rt-1");
  }

  ClientSettings settings = World::wanted().client;
  ClientRunOptions copy_of_run() {
    ClientRunOptions run;
    run.decorate = [this](const Transport&) { return world.server.transport(); };
    return run;
  }

  // As a caller does who takes the new one from the answer alone.
  Result<CallerKeptAnswer> renew_without_delivery() {
    CallerKeptRefresh refresh;
    refresh.client = settings;
    refresh.grant.refresh_token = Secret(content(file));
    CallerKeptOptions options;
    options.state_folder = world.state;
    options.client = copy_of_run();
    return renew_for_caller(std::move(refresh), std::move(options));
  }

  Result<CallerKeptAnswer> renew() {
    CallerKeptRefresh refresh;
    refresh.client = settings;
    refresh.grant.refresh_token = Secret(content(file));
    refresh.read_again = [this](std::stop_token) { return Result<Secret>(Secret(content(file))); };
    refresh.deliver = [this](const Secret& token, std::stop_token) -> Result<void> {
      deliveries.emplace_back(token.expose());
      if (place_is_full) return fail(ErrorClass::store, "The disk is full.");
      write(file, token.expose());
      return {};
    };
    CallerKeptOptions options;
    options.state_folder = world.state;
    options.client = copy_of_run();
    return renew_for_caller(std::move(refresh), std::move(options));
  }
  [[nodiscard]] bool journal_is_empty() const { return fs::is_empty(world.state + "/journal"); }
};

std::string access_token(const Result<CallerKeptAnswer>& answer) {
  return answer ? std::string(answer->token.access_token.expose()) : shown(answer.error());
}

}  // namespace

TEST_CASE("a new refresh token is delivered before the access token is seen, and nothing else is kept") {
  Job job;
  CHECK(access_token(job.renew()) == "at-2");
  CHECK(content(job.file) == "rt-2");
  CHECK(job.journal_is_empty());
  CHECK(access_token(job.renew()) == "at-3");
  CHECK(job.deliveries == std::vector<std::string>{"rt-2", "rt-3"});
  CHECK(fs::is_empty(job.world.state + "/sessions"));
}

TEST_CASE("who renews with a timeout that no clock reaches waits for another one's turn to be over") {
  Job job;
  const auto renew = [&job](const std::function<void()>& in_turn) {
    CallerKeptRefresh refresh;
    refresh.client = job.settings;
    refresh.grant.refresh_token = Secret(content(job.file));
    refresh.read_again = [&](std::stop_token) {
      in_turn();
      return Result<Secret>(Secret(content(job.file)));
    };
    refresh.deliver = [&](const Secret& token, std::stop_token) -> Result<void> {
      write(job.file, token.expose());
      return {};
    };
    CallerKeptOptions options{.state_folder = job.world.state, .refresh_timeout = std::chrono::years(300)};
    options.client = job.copy_of_run();
    return access_token(renew_for_caller(std::move(refresh), std::move(options)));
  };
  std::future<std::string> second;
  const std::string first = renew([&] {
    second = std::async(std::launch::async, [&] { return renew([] {}); });
    CHECK(second.wait_for(100ms) == std::future_status::timeout);
  });
  CHECK(first == "at-2");
  CHECK(second.get() == "at-3");
}

TEST_CASE("a refresh token that stays the same is not delivered") {
  Job job;
  job.world.server.rotates = false;
  CHECK(job.renew().has_value());
  CHECK(job.deliveries.empty());
  CHECK(content(job.file) == "rt-1");
}

TEST_CASE("what could not be delivered is in the journal, and the next run delivers it without the server") {
  Job job;
  job.place_is_full = true;
  const auto answer = job.renew();
  CHECK(access_token(answer) == "at-2");
  REQUIRE(answer->undelivered.has_value());
  CHECK(answer->undelivered->message == "The disk is full.");
  CHECK(answer->undelivered->hint.find(job.world.state + "/journal/") != std::string::npos);
  CHECK(everything_in(job.world.state).find("rt-2") == std::string::npos);
  job.place_is_full = false;
  CHECK(access_token(job.renew()) == "at-2");
  CHECK(content(job.file) == "rt-2");
  CHECK(job.world.server.state().refreshes == 1);
  CHECK(job.journal_is_empty());
}

TEST_CASE("the refresh token of an answer that is no valid one is delivered too") {
  Job job;
  job.world.server.after_commit = [] {
    return Server::json(200, R"({"access_token":"at-2","refresh_token":"rt-2"})");
  };
  job.place_is_full = true;
  CHECK(job.renew().error().reason == "token-type");
  CHECK(content(job.file) == "rt-1");
  job.place_is_full = false;
  job.world.server.after_commit = nullptr;
  CHECK(access_token(job.renew()) == "at-3");
  CHECK(content(job.file) == "rt-3");
  CHECK(job.deliveries == std::vector<std::string>{"rt-2", "rt-2", "rt-3"});
  CHECK(job.world.server.state().reused == 0);
}

TEST_CASE(
    "without a place, the refresh token of a broken answer stays in the journal until it was handed over") {
  Job job;
  job.world.server.after_commit = [] {
    return Server::json(200, R"({"access_token":"at-2","refresh_token":"rt-2"})");
  };
  const std::string kept_in = "kept in " + job.world.state + "/journal/";
  const auto broken = job.renew_without_delivery();
  CHECK(broken.error().reason == "token-type");
  CHECK(broken.error().message.find(kept_in) != std::string::npos);
  // A renewal with it that comes to nothing does not lose it.
  job.world.server.after_commit = nullptr;
  job.world.server.before_commit = [] {
    return Result<HttpResponse>(fail(Error{.error_class = ErrorClass::network, .message = "No network."}));
  };
  const auto failed = job.renew_without_delivery();
  CHECK(failed.error().message.starts_with("No network. A newer refresh token is kept in "));
  job.world.server.before_commit = nullptr;
  const auto answer = job.renew_without_delivery();
  CHECK(access_token(answer) == "at-3");
  CHECK(answer->token.refresh_token.expose() == "rt-3");
  CHECK(job.world.server.state().reused == 0);
  CHECK(answer->handed_over().has_value());
  CHECK(job.journal_is_empty());
}

TEST_CASE(
    "without a place, each renewal with the old refresh token gives the new one until it was handed over") {
  Job job;
  const auto lost = job.renew_without_delivery();
  CHECK(access_token(lost) == "at-2");
  CHECK(fs::exists(lost->kept_in));
  CHECK(everything_in(job.world.state).find("rt-2") == std::string::npos);
  const auto answer = job.renew_without_delivery();
  CHECK(access_token(answer) == "at-2");
  CHECK(answer->token.refresh_token.expose() == "rt-2");
  CHECK(job.world.server.state().refreshes == 1);
  CHECK(answer->handed_over().has_value());
  CHECK(job.journal_is_empty());
}

TEST_CASE("a chain of renewals that nobody took starts from the first refresh token again") {
  Job job;
  job.world.server.lifetime = 0;
  for (const char* const newest : {"rt-2", "rt-3", "rt-4"}) {
    const auto answer = job.renew_without_delivery();
    REQUIRE(answer.has_value());
    CHECK(answer->token.refresh_token.expose() == newest);
  }
  CHECK(job.world.server.state().reused == 0);
  const auto answer = job.renew_without_delivery();
  CHECK(answer->handed_over().has_value());
  CHECK(job.journal_is_empty());
}

TEST_CASE("a refresh gets sixty seconds, or what the caller allows, whatever other requests get") {
  for (const auto allowed : {0s, 7s}) {
    Job job;
    CallerKeptRefresh refresh{.client = job.settings, .grant = {.refresh_token = Secret("rt-1")}};
    CallerKeptOptions options{.state_folder = job.world.state, .client = job.copy_of_run()};
    options.client.timeout = 20s;
    if (allowed > 0s) options.refresh_timeout = allowed;
    const auto expected = allowed > 0s ? allowed : 60s;
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(renew_for_caller(std::move(refresh), std::move(options)).has_value());
    CHECK(job.world.server.deadlines.back() >= before + expected);
    CHECK(job.world.server.deadlines.back() <= std::chrono::steady_clock::now() + expected);
  }
}

TEST_CASE("a refresh token that stays the same need not be handed over") {
  Job job;
  job.world.server.rotates = false;
  const auto answer = job.renew_without_delivery();
  REQUIRE(answer.has_value());
  CHECK(answer->token.refresh_token.expose() == "rt-1");
  CHECK(answer->kept_in.empty());
  CHECK(job.journal_is_empty());
  CHECK(answer->handed_over().has_value());
}

TEST_CASE("a cut connection and a repetition that is refused: the message says what may have happened") {
  Job job;
  int sendings = 0;
  job.world.server.before_commit = [&] {
    if (++sendings == 1)
      return Result<HttpResponse>(
          fail(Error{.error_class = ErrorClass::network, .reason = "closed", .sent = Sent::maybe}));
    return Result<HttpResponse>(Server::json(400, R"({"error":"invalid_grant"})"));
  };
  const auto refused = job.renew();
  CHECK(refused.error().error_class == ErrorClass::reauthenticate);
  CHECK(refused.error().message.find("The connection was cut after it was sent first") != std::string::npos);
  CHECK(sendings == 2);
  CHECK(job.journal_is_empty());
}

TEST_CASE("429 says nothing of the refresh token") {
  Job job;
  job.world.server.before_commit = [] {
    return Result<HttpResponse>(Server::json(429, R"({"error":"invalid_grant"})"));
  };
  const auto refused = job.renew();
  CHECK(refused.error().error_class == ErrorClass::rate_limited);
  CHECK(refused.error().message.find("refresh token invalid") == std::string::npos);
  job.world.server.before_commit = nullptr;
  CHECK(access_token(job.renew()) == "at-2");
}

TEST_CASE("a recovered token that is over is renewed once more") {
  Job job;
  job.world.server.lifetime = 0;
  job.place_is_full = true;
  CHECK(job.renew()->undelivered.has_value());
  job.place_is_full = false;
  CHECK(access_token(job.renew()) == "at-3");
  CHECK(content(job.file) == "rt-3");
  CHECK(job.world.server.state().reused == 0);
}

TEST_CASE("killed before the delivery: the next run delivers; killed before the journal: it says why") {
  Job job;
  const pid_t before_delivery = start([&] {
    job.world.server.after_commit = nullptr;
    job.deliveries.reserve(1);
    CallerKeptRefresh refresh;
    refresh.client = job.settings;
    refresh.grant.refresh_token = Secret("rt-1");
    refresh.deliver = [](const Secret&, std::stop_token) -> Result<void> {
      ::raise(SIGKILL);
      return {};
    };
    CallerKeptOptions options;
    options.state_folder = job.world.state;
    options.client = job.copy_of_run();
    [[maybe_unused]] const auto answer = renew_for_caller(std::move(refresh), std::move(options));
    return 0;
  });
  REQUIRE(end_of(before_delivery) == 1000 + SIGKILL);
  CHECK(access_token(job.renew()) == "at-2");
  CHECK(job.world.server.state().refreshes == 1);
  const pid_t before_journal = start([&] {
    job.world.server.after_commit = []() -> std::optional<Result<HttpResponse>> {
      ::raise(SIGKILL);
      return std::nullopt;
    };
    [[maybe_unused]] const auto answer = job.renew();
    return 0;
  });
  REQUIRE(end_of(before_journal) == 1000 + SIGKILL);
  const auto lost = job.renew();
  CHECK(lost.error().error_class == ErrorClass::reauthenticate);
  CHECK(lost.error().message.find("A renewal that began at ") != std::string::npos);
}

TEST_CASE("twenty jobs with one file at once never use a refresh token twice") {
  Job job;
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i) children.push_back(start([&] { return job.renew().has_value() ? 0 : 1; }));
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  CHECK(job.world.server.state().refreshes == 20);
  CHECK(job.world.server.state().reused == 0);
  CHECK(content(job.file) == "rt-21");
}

TEST_CASE("without a place for the journal nothing is sent") {
  Job job;
  fs::create_directories(job.world.state);
  write(job.world.state + "/journal", "in the way");
  CHECK(job.renew().error().error_class == ErrorClass::config);
  CHECK(job.world.server.state().refreshes == 0);
}

}  // namespace caller_kept_token_test
