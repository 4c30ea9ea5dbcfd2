// A file of its own: a program that does not ask for it does not link it.

#include "client/async_client.hpp"
#include "client/token_client_state.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace oauth_token {

template <class T>
void TokenClient::State::start(std::shared_ptr<ClientCall<T>> call, std::stop_token stop,
                               std::function<void(Result<T>)> done) {
  if (auto here = core->process.check(); !here)
    return refuse_in_child(core->options.executor,
                           [done = std::move(done), error = here.error()] { done(fail(error)); });
  std::call_once(async_made,
                 [this] { async.reset(new AsyncClient(core), DeleteInOwnProcess<AsyncClient>()); });
  async->start<T>(std::move(call), std::move(stop), std::move(done));
}

void TokenClient::request_async(Grant grant, std::stop_token stop,
                                std::function<void(Result<Token>)> done) const {
  ClientCore& core = *state_->core;
  state_->start<Token>(std::make_shared<GrantCall>(core, std::move(grant), core.deadline()), std::move(stop),
                       std::move(done));
}

void TokenClient::introspect_async(const Secret& token, std::string_view token_type_hint,
                                   std::stop_token stop, std::function<void(Result<Secret>)> done) const {
  ClientCore& core = *state_->core;
  state_->start<Secret>(introspection(core, token, token_type_hint, core.deadline()), std::move(stop),
                        std::move(done));
}

void TokenClient::revoke_async(const Secret& token, std::string_view token_type_hint, std::stop_token stop,
                               std::function<void(Result<void>)> done) const {
  ClientCore& core = *state_->core;
  state_->start<void>(revocation(core, token, token_type_hint, core.deadline()), std::move(stop),
                      std::move(done));
}

}  // namespace oauth_token
