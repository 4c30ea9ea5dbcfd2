#pragma once

// A state folder, a store and an authorization server for one test, all in a temporary folder, so that forked
// processes share them. The server rotates refresh tokens and revokes the session when one is used twice.

#include "temporary_folder.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_source.hpp>
#include <oauth_token/token_store.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace world {

using namespace oauth_token;

/// Everything in files below `folder`, in one text.
inline std::string everything_in(const std::string& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) all += content(entry.path().string());
  return all;
}

/// One file an item. `before` and `after` may fail a verb ("load", "save", "erase") or end the process.
class FileStore : public TokenStore {
 public:
  using Step = std::function<std::optional<Error>(std::string_view verb)>;
  explicit FileStore(std::string folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  Result<std::optional<Secret>> load(std::string_view id, std::stop_token) override {
    if (auto error = step(before, "load")) return fail(*error);
    const std::string file = folder_ + "/" + std::string(id);
    if (!fs::exists(file)) return std::nullopt;
    return Secret(content(file));
  }
  Result<void> save(const StoreItem& item, const Secret& value, std::stop_token) override {
    if (auto error = step(before, "save")) return fail(*error);
    const std::string file = folder_ + "/" + item.id;
    const std::string temporary = file + "." + std::to_string(::getpid());
    write(temporary, value.expose());
    fs::rename(temporary, file);
    if (auto error = step(after, "save")) return fail(*error);
    return {};
  }
  Result<void> erase(std::string_view id, std::stop_token) override {
    if (auto error = step(before, "erase")) return fail(*error);
    fs::remove(folder_ + "/" + std::string(id));
    return {};
  }
  Result<std::vector<std::string>> list(std::stop_token) override { return std::vector<std::string>{}; }
  Result<void> probe(std::stop_token) override {
    if (auto error = step(before, "probe")) return fail(*error);
    return {};
  }

  Step before;
  Step after;
  std::atomic<int> loads{0};

 private:
  std::optional<Error> step(const Step& hook, std::string_view verb) {
    if (&hook == &before && verb == "load") ++loads;
    return hook ? hook(verb) : std::nullopt;
  }
  std::string folder_;
};

inline Error store_failure() {
  return {.error_class = ErrorClass::store, .message = "The keyring is locked.", .reason = "locked"};
}

inline Result<HttpResponse> network_error(Sent sent, std::string reason) {
  return fail(Error{.error_class = ErrorClass::network,
                    .message = "The connection broke.",
                    .reason = std::move(reason),
                    .sent = sent});
}

/// The token endpoint.
class Server {
 public:
  using Step = std::function<std::optional<Result<HttpResponse>>()>;
  explicit Server(std::string file) : file_(std::move(file)) { write({}); }

  struct State {
    int current = 0;   ///< the refresh token rt-N that is valid; 0: none yet
    int requests = 0;  ///< all requests
    int refreshes = 0;
    int reused = 0;  ///< the session was revoked since a refresh token came twice
  };

  [[nodiscard]] State state() const {
    State state;
    std::ifstream(file_) >> state.current >> state.requests >> state.refreshes >> state.reused;
    return state;
  }

  static HttpResponse json(int status, std::string_view body) {
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = Secret(body)};
  }

  Transport transport() {
    return [this](const HttpRequest& request, std::stop_token) { return answer(request); };
  }

  Step before_commit;
  Step after_commit;
  int lifetime = 3600;
  bool rotates = true;
  /// The refresh token before the current one still gets the same answer, as within a grace time.
  bool forgives = false;
  /// More members of the answer, with a leading comma.
  std::string more;
  /// The last request's body.
  std::string body;
  /// Of each request.
  std::vector<std::chrono::steady_clock::time_point> deadlines;

 private:
  Result<HttpResponse> answer(const HttpRequest& request) {
    const int lock = ::open((file_ + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ::flock(lock, LOCK_EX);
    auto done = process(request);
    ::close(lock);
    if (done && after_commit)
      if (auto instead = after_commit()) return std::move(*instead);
    return done;
  }

  Result<HttpResponse> process(const HttpRequest& request) {
    State now = state();
    ++now.requests;
    write(now);
    body = request.body.expose();
    deadlines.push_back(request.deadline);
    if (before_commit)
      if (auto instead = before_commit()) return std::move(*instead);
    if (request.url.ends_with("/revoke")) {
      now.current = 0;
      write(now);
      return json(200, "{}");
    }
    if (request.url.ends_with("/introspect")) return json(200, R"({"active":true,"scope":"read"})");
    if (body.find("grant_type=refresh_token") != std::string::npos) {
      const auto at = body.find("refresh_token=rt-");
      const int given = at == std::string::npos ? -1 : std::atoi(body.c_str() + at + 17);
      ++now.refreshes;
      const bool again = forgives && given + 1 == now.current;
      if (now.reused != 0 || (given != now.current && !again)) {
        now.reused = 1;
        write(now);
        return json(400, R"({"error":"invalid_grant","error_description":"token was used"})");
      }
      if (rotates && !again) ++now.current;
    } else if (body.find("password=wrong") != std::string::npos) {
      return json(400, R"({"error":"invalid_grant"})");
    } else {
      now.current = now.current + 1;
      now.reused = 0;
    }
    write(now);
    const std::string number = std::to_string(rotates ? now.current : 1000 + now.requests);
    std::string refresh_token;
    if (rotates || now.refreshes == 0)
      refresh_token = R"(,"refresh_token":"rt-)" + std::to_string(now.current) + "\"";
    return json(200, R"({"access_token":"at-)" + number + R"(","token_type":"Bearer","expires_in":)" +
                         std::to_string(lifetime) + refresh_token + more + "}");
  }

  void write(const State& now) const {
    std::ofstream(file_ + ".new") << now.current << ' ' << now.requests << ' ' << now.refreshes << ' '
                                  << now.reused << '\n';
    fs::rename(file_ + ".new", file_);
  }

  std::string file_;
};

/// The next `failures` requests fail.
inline Server::Step fails(std::atomic<int>& failures, Sent sent = Sent::no, std::string reason = "refused") {
  return [&failures, sent, reason = std::move(reason)]() -> std::optional<Result<HttpResponse>> {
    if (failures-- > 0) return network_error(sent, reason);
    return std::nullopt;
  };
}

struct World {
  TemporaryFolder folder;
  std::string state = folder.path + "/state";
  std::shared_ptr<FileStore> store = std::make_shared<FileStore>(folder.path + "/store");
  Server server{folder.path + "/server"};

  [[nodiscard]] SessionOptions options() {
    SessionOptions options;
    options.state_folder = state;
    options.store = store;
    options.client.decorate = [this](const Transport&) { return server.transport(); };
    return options;
  }

  static SessionRecord wanted(const std::string& name = "work") {
    SessionRecord record;
    record.name = name;
    record.client.token_endpoint = "https://as.example/token";
    record.client.revocation_endpoint = "https://as.example/revoke";
    record.client.introspection_endpoint = "https://as.example/introspect";
    record.client.client_id = "app";
    record.username = "alice";
    record.scope = {"read"};
    return record;
  }

  static PasswordGrant grant(std::string_view password = "secret") {
    return {.username = "alice", .password = Secret(password), .scope = {"read"}};
  }

  Token sign_in(const std::string& name = "work") {
    auto prepared = SignIn::prepare(wanted(name), false, options());
    REQUIRE_MESSAGE(prepared.has_value(), (prepared ? "" : prepared.error().message));
    auto token = prepared->request(grant());
    REQUIRE_MESSAGE(token.has_value(), (token ? "" : token.error().message));
    return std::move(*token);
  }

  TokenSource source(const std::string& name = "work") { return TokenSource(Session::open(name, options())); }

  [[nodiscard]] SessionRecord record(const std::string& name = "work") const {
    return SessionFolder::open(state).value().load(name).value().value();
  }
  void change(const std::function<void(SessionRecord&)>& edit) const {
    SessionRecord changed = record();
    edit(changed);
    REQUIRE(SessionFolder::open(state).value().save(changed).has_value());
  }

  /// The secret half as the store has it, its members to be edited as text.
  [[nodiscard]] std::string half_file() const { return folder.path + "/store/" + record().id; }
  void replace_in_half(const std::string& old, const std::string& by) const {
    std::string text = content(half_file());
    const auto at = text.find(old);
    REQUIRE(at != std::string::npos);
    write(half_file(), text.replace(at, old.size(), by));
  }
  /// The stored access token is over; time passed.
  void expire() const {
    std::string text = content(half_file());
    const auto at = text.find("\"expires_at\":");
    REQUIRE(at != std::string::npos);
    const auto end = text.find_first_of(",}", at);
    write(half_file(), text.replace(at, end - at, "\"expires_at\":1"));
  }
};

/// Runs `work` in a process of its own, which must create all secrets it uses: its parent's are empty there.
template <class Work>
pid_t start(Work work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(work());
  return child;
}

/// Its exit status; 1000 and the signal when it died by one.
inline int end_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

inline std::string shown(const Error& error) {
  return std::string(to_string(error.error_class)) + ": " + error.message;
}

inline std::string value(const Result<Token>& token) {
  return token ? std::string(token->access_token.expose()) : shown(token.error());
}

}  // namespace world
