#pragma once

#include <oauth_token/error.hpp>

#include <string>

namespace oauth_token::cli {

/// What the server said, in one line of a length that can be read, not escaped; empty: nothing. Also what it
/// said in members of its own, but no more of these than is made for people.
std::string words_of_server(const Error& error);

}  // namespace oauth_token::cli
