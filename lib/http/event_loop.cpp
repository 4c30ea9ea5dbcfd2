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
    while (!closed_ && !waiting_.empty() && in_the_air_ < most_at_once) {
      const Ticket next = waiting_.front();
      waiting_.pop_front();
      if (next.is_valid()) take_off(*next.flight);
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
      Flight* const due = timers_.take(now);
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
  if (free_flights_.empty()) free_flights_.push_back(&flights_.emplace_back());
  Flight& flight = *free_flights_.back();
  free_flights_.pop_back();
  flight.receiver = std::move(asked.receiver);
  flight.is_sensitive = request.sensitive;
  flight.order.emplace(std::move(*order));
  const Ticket ticket{&flight, flight.number};
  if (asked.stop.stop_possible()) flight.on_stop.emplace(std::move(asked.stop), Canceller{this, ticket});
  if (in_the_air_ < most_at_once && waiting_.empty()) return take_off(flight);
  timers_.set(flight, flight.order->deadline);
  waiting_.push_back(ticket);
}

void EventLoop::take_off(Flight& flight) {
  auto connection = flight.order->take_from(pool_);
  if (!connection) {
    auto started = connect(flight);
    if (!started) return answer(flight, fail(std::move(started.error())));
    connection = std::move(*started);
  }
  lines_[connection->mark()] = {.connection = connection.get(), .flight = &flight, .is_used = true};
  flight.attempt.emplace(std::move(*flight.order), std::move(connection));
  flight.order.reset();
  ++in_the_air_;
  go_on(flight, false);
}

Result<std::unique_ptr<Connection>> EventLoop::connect(Flight& flight) {
  if (free_marks_.empty()) {
    free_marks_.push_back(static_cast<std::uint32_t>(lines_.size()));
    lines_.emplace_back();
  }
  const std::uint32_t mark = free_marks_.back();
  free_marks_.pop_back();
  lines_[mark] = {.connection = nullptr, .flight = &flight, .is_used = true};
  auto started = unless_it_throws(failed, [&] {
    return Connection::start(network_now_, flight.order->url, flight.order->deadline, this, mark);
  });
  if (!started) forget(mark);
  return started;
}

void EventLoop::go_on(Flight& flight, bool stop_requested) {
  auto result = unless_it_throws(failed, [&] { return flight.attempt->advance(stop_requested); });
  if (result) return land(flight, std::move(*result));
  flight.attempt->connection().watch_sending(flight.attempt->wants_to_send());
  timers_.set(flight, std::min(flight.attempt->until(), flight.connect_at));
}

void EventLoop::land(Flight& flight, Result<HttpResponse> result) {
  lines_[flight.attempt->connection().mark()].flight = nullptr;
  if (result) flight.attempt->keep_in(pool_);
  flight.attempt.reset();
  --in_the_air_;
  answer(flight, std::move(result));
}

void EventLoop::answer(Flight& flight, Result<HttpResponse> result) {
  judge(result, flight.is_sensitive);
  flight.on_stop.reset();
  flight.order.reset();
  flight.connect_at = Clock::time_point::max();
  ++flight.number;
  timers_.set(flight, Clock::time_point::max());
  free_flights_.push_back(&flight);
  std::exchange(flight.receiver, nullptr)->receive(std::move(result));
}

void EventLoop::stop(Ticket ticket) {
  if (!ticket.is_valid()) return;
  Flight& flight = *ticket.flight;
  if (flight.attempt) return go_on(flight, true);
  answer(flight, flight.order->is_cancelled());
}

void EventLoop::be_called(Flight& flight) {
  flight.connect_at = Clock::time_point::max();
  if (flight.attempt) return go_on(flight, false);
  if (flight.order) answer(flight, flight.order->is_late("while waiting for its turn", true));
}

void EventLoop::happened(const Poller::Event& event) {
  const Line line = lines_[event.mark];
  if (line.connection == nullptr) return;
  // An idle connection has nothing to say but that it ends.
  if (line.flight == nullptr) return pool_.drop(*line.connection);
  line.connection->is_ready(event.descriptor, event.to_receive, event.to_send);
  go_on(*line.flight, false);
}

void EventLoop::watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send) {
  poller_.watch(mark, descriptor, to_receive, to_send);
}

void EventLoop::call_at(std::uint32_t mark, Clock::time_point when) {
  if (Flight* const flight = lines_[mark].flight) flight->connect_at = when;
}

void EventLoop::forget(std::uint32_t mark) {
  if (!std::exchange(lines_[mark], Line()).is_used) return;
  free_marks_.push_back(mark);
}

void EventLoop::drop_all() {
  for (Flight& flight : flights_) {
    flight.on_stop.reset();
    flight.attempt.reset();
    flight.receiver.reset();
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
