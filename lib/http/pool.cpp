#include "http/pool.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace oauth_token::http {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t most_kept = 64;
constexpr std::chrono::seconds longest_kept{30};

// Whatever arrives before a request was sent is an end or belongs to nobody.
bool is_quiet(Connection& connection) {
  std::array<char, 1> byte{};
  return connection.receive(byte.data(), byte.size()).outcome == Transfer::Outcome::again;
}

}  // namespace

std::unique_ptr<Connection> Pool::take(const std::string& origin, std::chrono::milliseconds idle) {
  for (;;) {
    std::unique_ptr<Connection> found;
    {
      const std::lock_guard lock(mutex_);
      const auto fits = [&](const Kept& kept) {
        return kept.origin == origin && Clock::now() - kept.since < idle;
      };
      const auto last = std::find_if(kept_.rbegin(), kept_.rend(), fits);
      if (last == kept_.rend()) return nullptr;
      found = std::move(last->connection);
      kept_.erase(std::next(last).base());
    }
    if (is_quiet(*found)) return found;
  }
}

void Pool::keep(std::string origin, std::unique_ptr<Connection> connection) {
  std::vector<Kept> ended;  // closed without the lock
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  auto first = std::find_if(kept_.begin(), kept_.end(),
                            [&](const Kept& kept) { return now - kept.since < longest_kept; });
  if (kept_.size() >= most_kept) first = std::max(first, std::next(kept_.begin()));
  ended.assign(std::make_move_iterator(kept_.begin()), std::make_move_iterator(first));
  kept_.erase(kept_.begin(), first);
  kept_.push_back({.origin = std::move(origin), .connection = std::move(connection), .since = now});
}

void Pool::drop(const Connection& connection) {
  std::unique_ptr<Connection> dropped;  // closed without the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& kept) { return kept.connection.get() == &connection; });
  if (found == kept_.end()) return;
  dropped = std::move(found->connection);
  kept_.erase(found);
}

}  // namespace oauth_token::http
