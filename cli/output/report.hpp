#pragma once

#include "context.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/json.hpp>

#include <string_view>

namespace oauth_token::cli {

/// A warning on standard error; nothing with --quiet.
void warn(const Context& context, std::string_view sentence);

/// The same, even with --quiet: for what nobody may miss.
void warn_always(const Context& context, std::string_view sentence);

/// A sentence for a person on standard error; nothing with --quiet or -o json.
void note(const Context& context, std::string_view sentence);

/// What -v and --dry-run show; one JSON line with -o json.
void trace(const Context& context, std::string_view text);

/// Class, exit status and all that is known of the error, as members of an object.
void append_error_members(json::Writer& object, const Error& error, int status);

/// Prints the error and returns its exit status.
int report(const Context& context, const Error& error);

}  // namespace oauth_token::cli
