#include "client/async_client.hpp"

#include "base/guarded.hpp"

#include <exception>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

// What is secret in each takes pages of its own, of which a process may have some ten thousand.
constexpr std::size_t most_pending = 10'000;

constexpr const char* failed = "The request failed";

Error too_many() {
  return {.error_class = ErrorClass::usage,
          .message = "This client has " + std::to_string(most_pending) + " requests under way already.",
          .hint = "Wait for answers before asking for more.",
          .reason = "too-many",
          .retry_safe = true};
}

}  // namespace

Result<void> AsyncClient::Context::open(const TransportOptions& options) {
  if (!opened_) opened_ = loop->open(options);
  if (*opened_) open_ = true;
  return *opened_;
}

/// One call under way, on the worker's thread or on the loop's: whose it is may use `call_`, and drops it,
/// with the password that it may hold, when it is answered.
template <class T>
class AsyncClient::Operation final : public http::Receiver,
                                     public std::enable_shared_from_this<Operation<T>> {
 public:
  Operation(std::shared_ptr<Context> context, std::shared_ptr<const void> slot,
            std::shared_ptr<ClientCall<T>> call, std::shared_ptr<Callback<T>> callback, std::stop_token stop)
      : context_(std::move(context)),
        slot_(std::move(slot)),
        call_(std::move(call)),
        callback_(std::move(callback)),
        stop_(std::move(stop)) {}

  void start() {
    if (!slot_) return give_up(too_many());
    if (auto known = call_->check(); !known) return give_up(std::move(known.error()));
    go_on();
  }

  void receive(Result<HttpResponse> response) override {
    if (response) {
      auto result = read(std::move(*response));
      return result ? finish(std::move(*result)) : go_on();
    }
    if (!is_sent_) return callback_->finish(fail(std::move(response.error())));
    protocol::judge(call_->kind(), response.error());
    finish(fail(std::move(response.error())));
  }

 private:
  enum class Place { queue, worker, loop };

  std::optional<Result<T>> read(HttpResponse response) try {
    return call_->read(std::move(response));
  } catch (const std::exception& error) {
    return fail(Error{.error_class = ErrorClass::internal,
                      .message = std::string("The answer could not be read: ") + error.what() + ".",
                      .sent = Sent::yes});
  }

  void finish(Result<T> result) {
    call_.reset();
    callback_->finish(std::move(result));
  }

  void go_on() {
    if (context_->is_open() && !context_->core->writes_slowly())
      return send(unless_it_throws(failed, [this] { return call_->write(); }));
    where_ = Place::queue;
    preparation_stop_ = std::stop_source();
    on_stop_.emplace(stop_, [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->cancel_preparation();
    });
    auto queued = context_->worker->run([self = this->shared_from_this()] { self->prepare(); });
    if (!queued && where_.exchange(Place::loop) == Place::queue) give_up(std::move(queued.error()));
  }

  void cancel_preparation() {
    if (!context_->core->process.is_this()) return;
    preparation_stop_.request_stop();
    const Place before = where_.exchange(Place::loop);
    if (before == Place::loop) return;
    if (before == Place::queue) call_.reset();
    refuse({.error_class = ErrorClass::interrupted, .message = "Interrupted before the request was sent."});
  }

  // On the worker's thread.
  void prepare() {
    auto where = Place::queue;
    if (!where_.compare_exchange_strong(where, Place::worker)) return;
    auto request = unless_it_throws(failed, [this] { return write_slowly(); });
    if (where_.exchange(Place::loop) == Place::loop) return call_.reset();
    on_stop_.reset();
    send(std::move(request));
  }

  Result<HttpRequest> write_slowly() {
    const ClientCore& core = *context_->core;
    const std::stop_callback end(context_->ending, [this] { preparation_stop_.request_stop(); });
    if (auto checked = core.check_certificate(); !checked) return fail(std::move(checked.error()));
    if (!has_assertion_) {
      auto assertion = core.ready_made_assertion(preparation_stop_.get_token());
      if (!assertion) return fail(std::move(assertion.error()));
      call_->use(std::move(*assertion));
      has_assertion_ = true;
    }
    auto request = call_->write();
    if (!request) return request;
    if (auto opened = context_->open(core.options.transport_options); !opened)
      return fail(std::move(opened.error()));
    return request;
  }

  void send(Result<HttpRequest> request) {
    if (!request) return give_up(std::move(request.error()));
    is_sent_ = true;
    context_->loop->send(std::move(request), stop_, this->shared_from_this());
  }

  void give_up(Error error) {
    call_.reset();
    refuse(std::move(error));
  }

  // By way of the loop, so that `done` runs on its thread.
  void refuse(Error error) {
    is_sent_ = false;
    context_->loop->send(fail(std::move(error)), {}, this->shared_from_this());
  }

  const std::shared_ptr<Context> context_;
  const std::shared_ptr<const void> slot_;
  std::shared_ptr<ClientCall<T>> call_;
  const std::shared_ptr<Callback<T>> callback_;
  const std::stop_token stop_;
  bool has_assertion_ = false;
  bool is_sent_ = false;
  std::atomic<Place> where_ = Place::loop;  // whoever brings it there answers
  std::stop_source preparation_stop_{std::nostopstate};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_ = {};
};

AsyncClient::AsyncClient(std::shared_ptr<ClientCore> core)
    : core_(std::move(core)),
      callbacks_(std::make_shared<Callbacks>(core_->options.executor)),
      worker_(std::make_shared<Worker>()),
      blocking_(core_->options.executor) {}

AsyncClient::~AsyncClient() {
  callbacks_->close();
  ending_.request_stop();
  blocking_.close();
  worker_->close();
  if (context_) context_->loop->close();
}

Result<std::shared_ptr<AsyncClient::Context>> AsyncClient::context() {
  const std::lock_guard lock(mutex_);
  if (context_) return context_;
  auto loop = http::make_loop();
  if (!loop) return fail(std::move(loop.error()));
  context_ = std::make_shared<Context>();
  context_->core = core_;
  context_->loop = std::move(*loop);
  context_->worker = worker_;
  context_->ending = ending_.get_token();
  return context_;
}

// Nothing: there is none left.
std::shared_ptr<const void> AsyncClient::take_slot() {
  const std::size_t taken = ++*pending_;
  std::shared_ptr<const void> slot(pending_.get(), [all = pending_](const void*) { --*all; });
  return taken > most_pending ? nullptr : slot;
}

template <class T>
void AsyncClient::start(std::shared_ptr<ClientCall<T>> call, std::stop_token stop,
                        std::function<void(Result<T>)> done) {
  auto slot = take_slot();
  const auto refuse = [&](Error error) {
    blocking_.start<T>([error = std::move(error)](std::stop_token) { return Result<T>(fail(error)); },
                       std::move(stop), std::move(done));
  };
  if (core_->options.transport) {
    if (!slot) return refuse(too_many());
    return blocking_.start<T>([core = core_, slot, call = std::move(call)](
                                  std::stop_token token) { return core->run_all(*call, token); },
                              std::move(stop), std::move(done));
  }
  auto shared = context();
  if (!shared) return refuse(std::move(shared.error()));
  auto callback = std::make_shared<Callback<T>>(callbacks_, std::move(done));
  std::make_shared<Operation<T>>(std::move(*shared), std::move(slot), std::move(call), std::move(callback),
                                 std::move(stop))
      ->start();
}

template void AsyncClient::start(std::shared_ptr<ClientCall<Token>>, std::stop_token,
                                 std::function<void(Result<Token>)>);
template void AsyncClient::start(std::shared_ptr<ClientCall<Secret>>, std::stop_token,
                                 std::function<void(Result<Secret>)>);
template void AsyncClient::start(std::shared_ptr<ClientCall<void>>, std::stop_token,
                                 std::function<void(Result<void>)>);

}  // namespace oauth_token
