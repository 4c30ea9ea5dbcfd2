#include "commands.hpp"
#include "doctor/checks.hpp"
#include "options/value_check.hpp"
#include "output/output.hpp"
#include "output/report.hpp"
#include "terminal/style.hpp"

#include <oauth_token/exit_status.hpp>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace oauth_token::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// A stop request when the time is up, or when `outer` is requested.
class TimeLimit {
 public:
  TimeLimit(std::stop_token outer, Clock::time_point deadline)
      : forward_(std::move(outer), Forward{&source_}), timer_([this, deadline](const std::stop_token& end) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any().wait_until(lock, end, deadline, [] { return false; });
          if (!end.stop_requested()) source_.request_stop();
        }) {}

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  struct Forward {
    std::stop_source* source;
    void operator()() const noexcept { source->request_stop(); }
  };

  std::stop_source source_ = {};
  std::stop_callback<Forward> forward_;
  std::jthread timer_;
};

Result<void> print(const Examination& run) {
  if (output_form(run.settings) == "json" || run.settings.given("field"))
    return write_json_answer(run.context, run.settings, run.list.json());
  return write_answer(run.context, run.list.text(may_colour(run.context.output)));
}

}  // namespace

Result<int> run_doctor(Context& context, const Settings& settings) {
  const auto timeout = parse_seconds(settings.value("timeout")).value_or(std::chrono::seconds(30));
  const auto deadline = Clock::now() + timeout;
  const TimeLimit limit(context.stop(), deadline);
  Examination run{.context = context, .settings = settings, .deadline = deadline, .stop = limit.token()};
  check_configuration(run);
  check_memory(run);
  check_sandbox(run);
  check_stores(run, check_state(run));
  check_server(run);
  if (context.stop().stop_requested()) return fail(ErrorClass::interrupted, "Interrupted.");
  if (auto printed = print(run); !printed) return fail(std::move(printed.error()));
  if (const std::string summary = run.list.summary(); !summary.empty()) note(context, summary + ".");
  return run.list.status();
}

}  // namespace oauth_token::cli
