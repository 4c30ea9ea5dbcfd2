#pragma once

#include "base/completion.hpp"

#include <oauth_token/interactive_sign_in.hpp>

#include <memory>
#include <stop_token>

namespace oauth_token {

/// The same, asked where the executor of `questions` says, and only while that is open and nobody has stopped
/// what the question is for.
AskPerson elsewhere(AskPerson ask, std::shared_ptr<Callbacks> questions, std::stop_token stop);

}  // namespace oauth_token
