#include "batch/batch.hpp"

#include "descriptor.hpp"
#include "output/report.hpp"
#include "output/token_output.hpp"
#include "terminal/progress.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours longest_wait{1};
// After a stop request: how long a reader may let us wait, and how many users of a list that may never end
// are reported.
constexpr std::chrono::milliseconds longest_stall{5'000};
constexpr std::size_t most_unsent = 10'000;

bool is_regular_file(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

struct Finished {
  std::size_t index = 0;
  std::string username = {};
  Result<Token> token = {};
};

/// Where the client's thread leaves what has ended.
class Mailbox {
 public:
  void put(Finished finished) {
    const std::lock_guard lock(mutex_);
    if (finished_.empty()) ready_.wake();
    finished_.push_back(std::move(finished));
  }
  std::vector<Finished> take() {
    const std::lock_guard lock(mutex_);
    ready_.reset();
    return std::exchange(finished_, {});
  }
  /// Readable while there is something.
  [[nodiscard]] int descriptor() const noexcept { return ready_.get(); }

 private:
  std::mutex mutex_;
  EventDescriptor ready_;
  std::vector<Finished> finished_;
};

class Batch {
 public:
  Batch(const Context& context, const TokenClient& client, UserList users, const BatchOptions& options)
      : context_(context),
        client_(client),
        users_(std::move(users)),
        options_(options),
        stopped_(context.stop()) {}

  Result<BatchOutcome> run();

 private:
  /// There is room for one more, be it now or when the time has come.
  [[nodiscard]] bool has_room() const { return !given_up() && !listed_ && under_way_ < options_.jobs; }
  [[nodiscard]] bool given_up() const { return trouble_.has_value() || context_.stop().stop_requested(); }
  [[nodiscard]] bool is_done() const { return under_way_ == 0 && (given_up() || listed_); }
  void start_what_may();
  void start(ListedUser user);
  void read_more();
  void wait();
  void collect();
  void slow_down(std::chrono::seconds asked);
  void warn_of_bytes(const ListedUser& user);
  void report_unsent();
  void add_line(const Finished& finished);
  void write_lines();
  [[nodiscard]] int write_piece_by_piece(std::string_view bytes) const;

  const Context& context_;
  const TokenClient& client_;
  UserList users_;
  const BatchOptions& options_;
  StopDescriptor stopped_;
  Mailbox mailbox_;
  SecretBuffer lines_;
  bool listed_ = false;  // the list is at its end
  bool warned_of_bytes_ = false;
  std::size_t under_way_ = 0;
  Clock::time_point next_start_ = {};
  std::optional<Error> trouble_ = {};
  BatchOutcome outcome_ = {};
};

// Once: a list in another encoding has many of them.
void Batch::warn_of_bytes(const ListedUser& user) {
  if (warned_of_bytes_ || is_utf8(user.password.expose())) return;
  warned_of_bytes_ = true;
  warn(context_, "A password of the list is not UTF-8, first that of index " + std::to_string(user.index) +
                     "; it is sent as the bytes it is, which servers often refuse.");
}

void Batch::start(ListedUser user) {
  if (user.error) {
    add_line(
        {.index = user.index, .username = std::move(user.username), .token = fail(std::move(*user.error))});
    return;
  }
  ++under_way_;
  next_start_ = std::max(next_start_, Clock::now()) + options_.pause;
  warn_of_bytes(user);
  auto grant = options_.make_grant(user.username, std::move(user.password));
  client_.request_async(
      std::move(grant), {},
      [this, index = user.index, username = std::move(user.username)](Result<Token> token) mutable {
        mailbox_.put({.index = index, .username = std::move(username), .token = std::move(token)});
      });
}

void Batch::start_what_may() {
  while (has_room() && Clock::now() >= next_start_) {
    auto user = users_.next();
    if (!user) {
      trouble_ = std::move(user.error());
      return;
    }
    if (!*user) {
      listed_ = users_.has_ended();
      return;
    }
    start(std::move(**user));
  }
}

void Batch::read_more() {
  if (auto read = users_.read(); !read) trouble_ = std::move(read.error());
}

// The list is read only when somebody's turn has come: no password is held without need.
void Batch::wait() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_start_ - Clock::now()).count();
  const bool wants_more = has_room() && left <= 0;
  std::array<pollfd, 3> on{{{.fd = mailbox_.descriptor(), .events = POLLIN, .revents = 0},
                            {.fd = given_up() ? -1 : stopped_.get(), .events = POLLIN, .revents = 0},
                            {.fd = wants_more ? users_.descriptor() : -1, .events = POLLIN, .revents = 0}}};
  const bool is_timed = has_room() && !wants_more;
  const int timeout = is_timed ? static_cast<int>(std::min<std::int64_t>(left, 60'000)) : -1;
  if (::poll(on.data(), on.size(), timeout) > 0 && on[2].revents != 0) read_more();
}

void Batch::slow_down(std::chrono::seconds asked) {
  const auto pause = std::min<std::chrono::seconds>(asked, longest_wait);
  if (Clock::now() + pause <= next_start_) return;
  next_start_ = Clock::now() + pause;
  if (!listed_)
    note(context_, "The server asks for a pause of " + std::to_string(asked.count()) + " s" +
                       (pause < asked ? "; waiting an hour of it." : "."));
}

void Batch::collect() {
  for (const Finished& finished : mailbox_.take()) {
    --under_way_;
    add_line(finished);
    if (!finished.token && finished.token.error().retry_after) slow_down(*finished.token.error().retry_after);
  }
  write_lines();
}

void Batch::add_line(const Finished& finished) {
  json::Writer object;
  object.begin_object()
      .member("index", static_cast<std::int64_t>(finished.index))
      .member("username", finished.username);
  if (finished.token) {
    ++outcome_.tokens;
    append_token_members(object, *finished.token, options_.show_refresh_token);
    append_token_rest(object, *finished.token);
  } else {
    const Error& error = finished.token.error();
    ++outcome_.failures;
    outcome_.status = std::max(outcome_.status, exit_status(error.error_class));
    append_error_members(object, error, exit_status(error.error_class));
  }
  lines_.append(object.end_object().expose()).append('\n');
  count_progress(finished.token.has_value());
}

void Batch::write_lines() {
  if (lines_.empty()) return;
  const TerminalTurn turn;
  if (const int error = write_piece_by_piece(lines_.expose()); error != 0 && !trouble_)
    trouble_ = Error{.error_class = ErrorClass::output,
                     .message = std::string("The answers could not be written: ") +
                                (error == ETIMEDOUT ? "nobody reads them" : std::strerror(error)) + ".",
                     .hint = "Nothing more was sent. The answers to what was under way are lost."};
  lines_.truncate(0);
}

// The error number, or 0. No write(2) blocks that poll(2) has called ready, so that a stop request is heard.
int Batch::write_piece_by_piece(std::string_view bytes) const {
  while (!bytes.empty()) {
    const bool is_stopped = context_.stop().stop_requested();
    std::array<pollfd, 2> on{{{.fd = context_.output, .events = POLLOUT, .revents = 0},
                              {.fd = is_stopped ? -1 : stopped_.get(), .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(on.data(), on.size(), is_stopped ? static_cast<int>(longest_stall.count()) : -1);
    if (ready == 0) return ETIMEDOUT;
    if (ready < 0 && errno != EINTR) return errno;
    if (ready < 0 || on[0].revents == 0) continue;
    const ssize_t written =
        ::write(context_.output, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return 0;
}

void Batch::report_unsent() {
  const auto not_sent = [&](ListedUser user) {
    add_line({.index = user.index,
              .username = std::move(user.username),
              .token = fail(user.error ? std::move(*user.error)
                                       : Error{.error_class = ErrorClass::interrupted,
                                               .message = "Not sent: the run was interrupted.",
                                               .retry_safe = true})});
    write_lines();
  };
  const bool is_finite = is_regular_file(users_.descriptor());
  for (std::size_t unsent = 0; !trouble_;) {
    auto user = users_.next();
    if (!user) return;
    if (*user) {
      not_sent(std::move(**user));
      if (++unsent < most_unsent || is_finite) continue;
      return note(context_, "The rest of the list was not read.");
    }
    pollfd more{.fd = users_.descriptor(), .events = POLLIN, .revents = 0};
    if (users_.has_ended() || ::poll(&more, 1, 0) <= 0) return;
    read_more();
  }
}

Result<BatchOutcome> Batch::run() {
  const Waiting waiting;
  for (;;) {
    start_what_may();
    write_lines();
    if (is_done()) break;
    wait();
    collect();
  }
  if (!trouble_ && context_.stop().stop_requested()) report_unsent();
  if (trouble_) return fail(std::move(*trouble_));
  return outcome_;
}

}  // namespace

Result<BatchOutcome> run_batch(const Context& context, const TokenClient& client, UserList users,
                               const BatchOptions& options) {
  return Batch(context, client, std::move(users), options).run();
}

}  // namespace oauth_token::cli
