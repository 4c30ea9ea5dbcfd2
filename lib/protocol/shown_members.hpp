#pragma once

#include "protocol/masking.hpp"

#include <oauth_token/json.hpp>

#include <functional>
#include <string>

namespace oauth_token::protocol {

/// What stands in the place of a text.
enum class Texts { masked, lengths };

/// The members of `root` that an error may show, as a JSON object: without those that `skipped` names, and
/// without members named like a token, at any depth: what a server issued must not reach an error message.
std::string shown_members(const json::Value& root, const Masker& mask, Texts texts,
                          const std::function<bool(const json::Value&)>& skipped);

}  // namespace oauth_token::protocol
