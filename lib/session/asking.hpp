#pragma once

#include "base/completion.hpp"

#include <oauth_token/interactive_sign_in.hpp>

#include <memory>

namespace oauth_token {

/// The same, asked where the executor of `questions` says, and only while that is open.
AskPerson elsewhere(AskPerson ask, std::shared_ptr<Callbacks> questions);

}  // namespace oauth_token
