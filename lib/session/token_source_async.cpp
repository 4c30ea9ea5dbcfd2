// A file of its own: a program that does not ask for it does not link it.

#include "session/token_source_state.hpp"

#include <functional>
#include <utility>

namespace oauth_token {

void TokenSource::token_async(const TokenSourceOptions& options, std::stop_token stop,
                              std::function<void(Result<Token>)> done) {
  state_->flights->token_async(options, std::move(stop), std::move(done));
}

void TokenSource::revoke_async(std::stop_token stop, std::function<void(Result<void>)> done) {
  state_->flights->revoke_async(std::move(stop), std::move(done));
}

}  // namespace oauth_token
