#pragma once

#include "http/attempt.hpp"
#include "http/connection.hpp"
#include "http/loop.hpp"
#include "http/network.hpp"
#include "http/poller.hpp"
#include "http/pool.hpp"
#include "http/timers.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace oauth_token::http {

/// The Loop: epoll and the state machines of Connection and Exchange. Its state but for the inbox is its
/// thread's alone.
class EventLoop final : public Loop, public std::enable_shared_from_this<EventLoop>, private Watcher {
 public:
  Result<void> start();
  Result<void> open(const TransportOptions& options) override;
  void send(Result<HttpRequest> request, std::stop_token stop, std::shared_ptr<Receiver> receiver) override;
  void close() noexcept override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Asked {
    Result<HttpRequest> request;
    std::stop_token stop;
    std::shared_ptr<Receiver> receiver;
  };
  struct Transaction;
  // The place of a transaction is used again: the number tells one there from the next.
  struct Ticket {
    Transaction* transaction;
    std::uint64_t number;
    [[nodiscard]] bool is_valid() const noexcept { return transaction->number == number; }
  };
  struct Canceller {
    EventLoop* loop;
    Ticket ticket;
    void operator()() const noexcept { loop->cancel(ticket); }
  };
  struct Transaction : Timed {
    std::uint64_t number = 0;
    std::shared_ptr<Receiver> receiver = {};
    bool is_sensitive = true;
    std::optional<Order> order = {};      // until it is its turn
    std::optional<Attempt> attempt = {};  // from then on
    Clock::time_point connect_at = Clock::time_point::max();
    std::optional<std::stop_callback<Canceller>> on_stop = {};
  };
  struct Line {
    Connection* connection = nullptr;
    Transaction* transaction = nullptr;  // none: it is kept in the pool
    bool is_used = false;
  };

  void watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send) override;
  void call_at(std::uint32_t mark, Clock::time_point when) override;
  void forget(std::uint32_t mark) override;

  void cancel(Ticket ticket) noexcept;
  void wake_from(std::unique_lock<std::mutex> lock) noexcept;
  void run();
  bool take_inbox();
  void begin(Asked asked);
  void begin_attempt(Transaction& transaction);
  Result<std::unique_ptr<Connection>> connect(Transaction& transaction);
  void go_on(Transaction& transaction, bool stop_requested);
  void end_attempt(Transaction& transaction, Result<HttpResponse> result);
  void answer(Transaction& transaction, Result<HttpResponse> result);
  void stop(Ticket ticket);
  void be_called(Transaction& transaction);
  void happened(const Poller::Event& event);
  void drop_all();

  std::mutex mutex_ = {};
  std::vector<Asked> asked_ = {};
  std::vector<Ticket> cancelled_ = {};
  bool sleeps_ = false;
  std::shared_ptr<const Network> network_ = {};
  std::thread thread_ = {};
  std::atomic<std::thread::id> thread_id_ = {};
  std::atomic<bool> closed_ = false;
  Poller poller_ = {};

  // The thread's alone.
  std::vector<Asked> asked_now_ = {};
  std::vector<Ticket> cancelled_now_ = {};
  std::shared_ptr<const Network> network_now_ = {};
  std::vector<Line> lines_ = {};  // by mark
  std::vector<std::uint32_t> free_marks_ = {};
  std::deque<Transaction> transactions_ = {};
  std::vector<Transaction*> free_transactions_ = {};
  std::deque<Ticket> waiting_ = {};
  std::size_t attempts_ = 0;
  Timers<Transaction> timers_ = {};
  Pool pool_ = {};
};

}  // namespace oauth_token::http
