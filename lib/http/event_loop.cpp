#include "http/event_loop.hpp"

#include "base/guarded.hpp"
#include "base/worker.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace oauth_token::http {
namespace {

// Each connection takes three descriptors, and a process may often have 1024.
constexpr std::size_t most_at_once = 128;

constexpr const char* failed = "The request failed";

}  // namespace

// --- from any thread ---

Result<void> EventLoop::start() {
  if (auto opened = poller_.open(); !opened) return opened;
  auto thread = start_thread([self = shared_from_this()] { self->run(); });
  if (!thread) return fail(std::move(thread.error()));
  const std::lock_guard lock(mutex_);
  thread_ = std::move(*thread);
  return {};
}

Result<void> EventLoop::open(const TransportOptions& options) try {
  auto network = Network::open(options);
  if (!network) return fail(std::move(network.error()));
  // Here, since it may take long. Whoever needs it gets its error.
  [[maybe_unused]] const auto loaded = (*network)->trust->load();
  const std::lock_guard lock(mutex_);
  network_ = std::move(*network);
  return {};
} catch (const std::exception& error) {
  return fail(ErrorClass::internal, std::string("No transport: ") + error.what() + ".");
}

void EventLoop::send(Result<HttpRequest> request, std::stop_token stop, std::shared_ptr<Receiver> receiver) {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  asked_.push_back({std::move(request), std::move(stop), std::move(receiver)});
  wake_from(std::move(lock));
}

void EventLoop::cancel(Ticket ticket) noexcept {
  std::unique_lock lock(mutex_);
  cancelled_.push_back(ticket);
  wake_from(std::move(lock));
}

void EventLoop::wake_from(std::unique_lock<std::mutex> lock) noexcept {
  const bool sleeps = std::exchange(sleeps_, false);
  lock.unlock();
  if (sleeps && thread_id_ != std::this_thread::get_id()) poller_.wake();
}

void EventLoop::close() noexcept {
  std::unique_lock lock(mutex_);
  closed_ = true;
  std::thread thread = std::move(thread_);
  lock.unlock();
  poller_.wake();
  end_thread(std::move(thread));
}

// --- on the thread ---

void EventLoop::run() {
  thread_id_ = std::this_thread::get_id();
  while (!closed_) {
    while (!closed_ && !waiting_.empty() && attempts_ < most_at_once) {
      const Ticket next = waiting_.front();
      waiting_.pop_front();
      if (next.is_valid()) begin_attempt(*next.transaction);
    }
    // Last, for callbacks may fill it from this very thread, which wakes nobody.
    const bool is_idle = take_inbox();
    if (closed_) break;
    const auto until = is_idle ? timers_.next() : Clock::time_point();
    for (const Poller::Event& event : poller_.wait(until)) {
      happened(event);
      if (closed_) break;
    }
    const auto now = Clock::now();
    while (!closed_) {
      Transaction* const due = timers_.take(now);
      if (due == nullptr) break;
      be_called(*due);
    }
  }
  drop_all();
}

// True: nothing came, and whatever comes now wakes the poller.
bool EventLoop::take_inbox() {
  {
    const std::lock_guard lock(mutex_);
    asked_now_.swap(asked_);
    cancelled_now_.swap(cancelled_);
    if (!network_now_) network_now_ = network_;
    sleeps_ = asked_now_.empty() && cancelled_now_.empty();
    if (sleeps_) return true;
  }
  for (Asked& asked : asked_now_)
    if (!closed_) begin(std::move(asked));
  for (const Ticket ticket : cancelled_now_)
    if (!closed_) stop(ticket);
  asked_now_.clear();
  cancelled_now_.clear();
  return false;
}

void EventLoop::begin(Asked asked) {
  if (!asked.request) return asked.receiver->receive(fail(std::move(asked.request.error())));
  const HttpRequest& request = *asked.request;
  auto order = unless_it_throws(failed, [&] { return Order::make(request); });
  if (!order || asked.stop.stop_requested() || !network_now_) {
    Result<HttpResponse> result = !order         ? fail(std::move(order.error()))
                                  : network_now_ ? order->is_cancelled()
                                                 : fail(ErrorClass::internal, "The loop was not opened.");
    judge(result, request.sensitive);
    return asked.receiver->receive(std::move(result));
  }
  if (free_transactions_.empty()) free_transactions_.push_back(&transactions_.emplace_back());
  Transaction& transaction = *free_transactions_.back();
  free_transactions_.pop_back();
  transaction.receiver = std::move(asked.receiver);
  transaction.is_sensitive = request.sensitive;
  transaction.order.emplace(std::move(*order));
  const Ticket ticket{&transaction, transaction.number};
  if (asked.stop.stop_possible()) transaction.on_stop.emplace(std::move(asked.stop), Canceller{this, ticket});
  if (attempts_ < most_at_once && waiting_.empty()) return begin_attempt(transaction);
  timers_.set(transaction, transaction.order->deadline);
  waiting_.push_back(ticket);
}

void EventLoop::begin_attempt(Transaction& transaction) {
  auto connection = transaction.order->take_from(pool_);
  if (!connection) {
    auto started = connect(transaction);
    if (!started) return answer(transaction, fail(std::move(started.error())));
    connection = std::move(*started);
  }
  lines_[connection->mark()] = {.connection = connection.get(), .transaction = &transaction, .is_used = true};
  transaction.attempt.emplace(std::move(*transaction.order), std::move(connection));
  transaction.order.reset();
  ++attempts_;
  go_on(transaction, false);
}

Result<std::unique_ptr<Connection>> EventLoop::connect(Transaction& transaction) {
  if (free_marks_.empty()) {
    // So that none is lost, nor anything thrown, where all are given back.
    if (free_marks_.capacity() <= lines_.size()) free_marks_.reserve(2 * (lines_.size() + 1));
    free_marks_.push_back(static_cast<std::uint32_t>(lines_.size()));
    lines_.emplace_back();
  }
  const std::uint32_t mark = free_marks_.back();
  free_marks_.pop_back();
  lines_[mark] = {.connection = nullptr, .transaction = &transaction, .is_used = true};
  auto started = unless_it_throws(failed, [&] {
    return Connection::start(network_now_, transaction.order->url, transaction.order->deadline, this, mark);
  });
  if (!started) forget(mark);
  return started;
}

void EventLoop::go_on(Transaction& transaction, bool stop_requested) {
  auto result = unless_it_throws(failed, [&] { return transaction.attempt->advance(stop_requested); });
  if (result) return end_attempt(transaction, std::move(*result));
  transaction.attempt->connection().watch_sending(transaction.attempt->wants_to_send());
  timers_.set(transaction, std::min(transaction.attempt->until(), transaction.connect_at));
}

void EventLoop::end_attempt(Transaction& transaction, Result<HttpResponse> result) {
  lines_[transaction.attempt->connection().mark()].transaction = nullptr;
  if (result) transaction.attempt->keep_in(pool_);
  transaction.attempt.reset();
  --attempts_;
  answer(transaction, std::move(result));
}

void EventLoop::answer(Transaction& transaction, Result<HttpResponse> result) {
  judge(result, transaction.is_sensitive);
  transaction.on_stop.reset();
  transaction.order.reset();
  transaction.connect_at = Clock::time_point::max();
  ++transaction.number;
  timers_.set(transaction, Clock::time_point::max());
  free_transactions_.push_back(&transaction);
  std::exchange(transaction.receiver, nullptr)->receive(std::move(result));
}

void EventLoop::stop(Ticket ticket) {
  if (!ticket.is_valid()) return;
  Transaction& transaction = *ticket.transaction;
  if (transaction.attempt) return go_on(transaction, true);
  answer(transaction, transaction.order->is_cancelled());
}

void EventLoop::be_called(Transaction& transaction) {
  transaction.connect_at = Clock::time_point::max();
  if (transaction.attempt) return go_on(transaction, false);
  if (transaction.order) answer(transaction, transaction.order->is_late("while waiting for its turn", true));
}

void EventLoop::happened(const Poller::Event& event) {
  const Line line = lines_[event.mark];
  if (line.connection == nullptr) return;
  // An idle connection has nothing to say but that it ends.
  if (line.transaction == nullptr) return pool_.drop(*line.connection);
  line.connection->is_ready(event.descriptor, event.to_receive, event.to_send);
  go_on(*line.transaction, false);
}

void EventLoop::watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send) {
  poller_.watch(mark, descriptor, to_receive, to_send);
}

void EventLoop::call_at(std::uint32_t mark, Clock::time_point when) {
  if (Transaction* const transaction = lines_[mark].transaction) transaction->connect_at = when;
}

void EventLoop::forget(std::uint32_t mark) {
  if (!std::exchange(lines_[mark], Line()).is_used) return;
  poller_.forget(mark);
  free_marks_.push_back(mark);
}

void EventLoop::drop_all() {
  for (Transaction& transaction : transactions_) {
    transaction.on_stop.reset();
    transaction.attempt.reset();
    transaction.receiver.reset();
  }
  asked_now_.clear();
  std::vector<Asked> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(asked_);
}

Result<std::shared_ptr<Loop>> make_loop() {
  const auto loop = std::make_shared<EventLoop>();
  if (auto started = loop->start(); !started) return fail(std::move(started.error()));
  return loop;
}

}  // namespace oauth_token::http
