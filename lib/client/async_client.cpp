#include "client/async_client.hpp"

#include <utility>

namespace oauth_token {

Result<void> AsyncClient::Runway::open(const TransportOptions& options) {
  if (!opened_) opened_ = loop->open(options);
  if (*opened_) open_ = true;
  return *opened_;
}

/// One call on its way. On the ground it may be on the worker's thread, in the air it is on the loop's.
template <class T>
class AsyncClient::Flight final : public http::Receiver, public std::enable_shared_from_this<Flight<T>> {
 public:
  Flight(std::shared_ptr<Runway> runway, std::shared_ptr<ClientCall<T>> call,
         std::shared_ptr<Completion<T>> completion, std::stop_token stop)
      : runway_(std::move(runway)),
        call_(std::move(call)),
        completion_(std::move(completion)),
        stop_(std::move(stop)) {}

  void start() {
    if (auto known = call_->check(); !known) return refuse(std::move(known.error()));
    go_on();
  }

  void receive(Result<HttpResponse> response) override {
    if (response) {
      auto result = call_->read(std::move(*response));
      return result ? completion_->finish(std::move(*result)) : go_on();
    }
    if (is_sent_) protocol::judge(call_->kind(), response.error());
    completion_->finish(fail(std::move(response.error())));
  }

 private:
  void go_on() {
    if (runway_->is_open() && !runway_->core->writes_slowly()) return take_off(call_->write());
    is_on_ground_ = true;
    ground_stop_ = std::stop_source();
    on_stop_.emplace(stop_, [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->cancel_on_ground();
    });
    auto queued = runway_->worker->run([self = this->shared_from_this()] { self->prepare(); });
    if (!queued && is_on_ground_.exchange(false)) refuse(std::move(queued.error()));
  }

  void cancel_on_ground() {
    ground_stop_.request_stop();
    if (is_on_ground_.exchange(false))
      refuse({.error_class = ErrorClass::interrupted, .message = "Interrupted before the request was sent."});
  }

  // On the worker's thread.
  void prepare() {
    if (!is_on_ground_) return;
    auto request = write_slowly();
    if (!is_on_ground_.exchange(false)) return;
    on_stop_.reset();
    request ? take_off(std::move(request)) : refuse(std::move(request.error()));
  }

  Result<HttpRequest> write_slowly() {
    const ClientCore& core = *runway_->core;
    const std::stop_callback end(runway_->ending, [this] { ground_stop_.request_stop(); });
    if (auto checked = core.check_certificate(); !checked) return fail(std::move(checked.error()));
    if (!has_assertion_) {
      auto assertion = core.ready_made_assertion(ground_stop_.get_token());
      if (!assertion) return fail(std::move(assertion.error()));
      call_->use(std::move(*assertion));
      has_assertion_ = true;
    }
    auto request = call_->write();
    if (!request) return request;
    if (auto opened = runway_->open(core.options.transport_options); !opened)
      return fail(std::move(opened.error()));
    return request;
  }

  void take_off(Result<HttpRequest> request) {
    is_sent_ = request.has_value();
    runway_->loop->send(std::move(request), stop_, this->shared_from_this());
  }

  // By way of the loop, so that `done` runs on its thread.
  void refuse(Error error) {
    is_sent_ = false;
    runway_->loop->send(fail(std::move(error)), {}, this->shared_from_this());
  }

  const std::shared_ptr<Runway> runway_;
  const std::shared_ptr<ClientCall<T>> call_;
  const std::shared_ptr<Completion<T>> completion_;
  const std::stop_token stop_;
  bool has_assertion_ = false;
  bool is_sent_ = false;
  std::atomic<bool> is_on_ground_ = false;  // whoever takes it back answers
  std::stop_source ground_stop_{std::nostopstate};
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
  if (runway_) runway_->loop->close();
}

Result<std::shared_ptr<AsyncClient::Runway>> AsyncClient::runway() {
  const std::lock_guard lock(mutex_);
  if (runway_) return runway_;
  auto loop = http::make_loop();
  if (!loop) return fail(std::move(loop.error()));
  runway_ = std::make_shared<Runway>();
  runway_->core = core_;
  runway_->loop = std::move(*loop);
  runway_->worker = worker_;
  runway_->ending = ending_.get_token();
  return runway_;
}

template <class T>
void AsyncClient::start(std::shared_ptr<ClientCall<T>> call, std::stop_token stop,
                        std::function<void(Result<T>)> done) {
  if (core_->options.transport)
    return blocking_.start<T>(
        [core = core_, call = std::move(call)](std::stop_token token) { return core->run_all(*call, token); },
        std::move(stop), std::move(done));
  auto way = runway();
  if (!way)
    return blocking_.start<T>([error = way.error()](std::stop_token) { return Result<T>(fail(error)); },
                              std::move(stop), std::move(done));
  auto completion = std::make_shared<Completion<T>>(callbacks_, std::move(done));
  std::make_shared<Flight<T>>(std::move(*way), std::move(call), std::move(completion), std::move(stop))
      ->start();
}

template void AsyncClient::start(std::shared_ptr<ClientCall<Token>>, std::stop_token,
                                 std::function<void(Result<Token>)>);
template void AsyncClient::start(std::shared_ptr<ClientCall<Secret>>, std::stop_token,
                                 std::function<void(Result<Secret>)>);
template void AsyncClient::start(std::shared_ptr<ClientCall<void>>, std::stop_token,
                                 std::function<void(Result<void>)>);

}  // namespace oauth_token
