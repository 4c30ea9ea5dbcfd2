// An application that soak.py drives: one JSON object as its argument, then a command a line.
//   work    does something at random from now on
//   rest    lets all end, and prints what the process holds
//   close   the same, once all guests have gone and every object of the library is gone

#include "desktop.hpp"
#include "sample.hpp"

#include <algorithm>
#include <iostream>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using namespace oauth_token;

ClientSettings settings(const json& at) {
  return {.issuer = at.value("issuer", ""),
          .token_endpoint = at.value("token_endpoint", ""),
          .introspection_endpoint = at.value("introspection_endpoint", ""),
          .revocation_endpoint = at.value("revocation_endpoint", ""),
          .client_id = at.at("client_id"),
          .client_auth = "none",
          .ca_file = at.at("ca_file"),
          .proxy = ""};
}

Surroundings surroundings(const json& options) {
  Surroundings out{.per_second = options.at("per_second"),
                   .state_folder = options.at("state_folder"),
                   .client = settings(options.at("faulty"))};
  out.timeout = std::chrono::milliseconds(options.at("timeout_ms").get<int>());
  if (const auto real = options.find("real"); real != options.end()) {
    out.real = settings(*real);
    out.real_username = real->at("username");
    out.real_password = real->at("password");
  }
  return out;
}

json counts(Calls& calls) {
  json failed = json::object();
  for (std::size_t i = 0; i < Calls::classes; ++i)
    if (calls.failed.at(i) != 0)
      failed[std::string(to_string(static_cast<ErrorClass>(i)))] = calls.failed.at(i).load();
  return {
      {"begun", calls.begun.load()},     {"succeeded", calls.succeeded.load()}, {"failed", failed},
      {"dropped", calls.dropped.load()}, {"lost", calls.lost.load()},           {"twice", calls.twice.load()},
      {"unexpected", calls.unexpected()}};
}

void wait_until_quiet(Window& window, const Desktop& desktop) {
  window.run_until([&] {
    const bool quiet = desktop.is_quiet();
    if (!quiet) window.after(std::chrono::milliseconds(20), [] {});
    return quiet;
  });
}

// GLib's thread closes connections behind, and takes its time on a busy machine: until no more are left than
// the last time.
void wait_until_settled(Window& window, long& least) {
  constexpr int most = 20;
  for (int i = 0; i == 0 || (i < most && open_descriptors() > least); ++i) {
    bool is_over = false;
    window.after(std::chrono::milliseconds(500), [&] { is_over = true; });
    window.run_until([&] { return is_over; });
  }
  least = std::min(least, open_descriptors());
}

}  // namespace

int main(int, char** argv) {
  const json options = json::parse(argv[1]);
  Window window;
  Calls calls;
  Desktop desktop(window, calls, surroundings(options), options.at("seed"));
  const std::string snapshots = options.value("snapshots", "");
  int taken = 0;
  long descriptors = std::numeric_limits<long>::max();  // with every object gone
  for (std::string command = window.line(); !command.empty(); command = window.line()) {
    if (command == "work") {
      desktop.work();
      continue;
    }
    desktop.rest();
    wait_until_quiet(window, desktop);
    for (int i = 0; command == "close" && desktop.guests() > 0 && i < 100; ++i) {
      desktop.forget_guest();
      wait_until_quiet(window, desktop);
    }
    if (command == "close") {
      desktop.close();
      desktop.fork();
      wait_until_quiet(window, desktop);
      wait_until_settled(window, descriptors);
    }
    json out = sample(snapshots + std::to_string(taken++));
    out["calls"] = counts(calls);
    out["done"] = desktop.done();
    out["guests"] = desktop.guests();
    out["bad_children"] = desktop.bad_children();
    std::cout << out.dump() << std::endl;
  }
}
