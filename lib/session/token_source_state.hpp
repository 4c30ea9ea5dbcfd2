#pragma once

#include "base/own_process.hpp"
#include "session/token_flights.hpp"

#include <oauth_token/token_source.hpp>

#include <memory>
#include <utility>

namespace oauth_token {

struct TokenSource::State {
  State(Result<Session> session, Executor executor)
      : flights(new TokenFlights(std::move(session), std::move(executor)),
                DeleteInOwnProcess<TokenFlights>()) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() {
    if (flights->process().is_this()) flights->close();
  }

  const std::shared_ptr<TokenFlights> flights;
};

}  // namespace oauth_token
