#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/secret.hpp>

#include <string_view>

namespace oauth_token::cli {

/// Writes everything, or returns the error number. Blocks.
int write_all(int descriptor, std::string_view bytes) noexcept;

/// Writes the answer to standard output; class `output` when that fails. From then on a signal ends the
/// program at once.
Result<void> write_answer(const Context& context, std::string_view bytes);

/// The chosen value of --output, else the command's default.
std::string_view output_form(const Settings& settings);

/// One JSON object as the answer: whole, or the member that --field names (`protocol` when it is absent).
/// A member that is not at the top is looked for in "extra".
Result<void> write_json_answer(const Context& context, const Settings& settings, Secret object);
Result<void> write_json_answer(const Context& context, const Settings& settings, const json::Value& object);

/// One text as the answer: `object`, which has it too, with -o json or --field, else the text and a newline.
Result<void> write_line_or_json(const Context& context, const Settings& settings, const Secret& text,
                                Secret object);

/// The text of one JSON object as the next value; an empty object where there is none.
void append_object(json::Writer& out, std::string_view object);

/// A string raw, everything else as compact JSON.
void append_value(SecretBuffer& out, const json::Value& value, bool to_terminal);

/// `text`, with `by` in place of each `one`.
void append_replacing(SecretBuffer& out, std::string_view text, char one, std::string_view by);

/// Whether all of `text` is 0x21 to 0x7e: neither spaces nor control characters, nothing beyond ASCII.
bool is_visible_ascii(std::string_view text) noexcept;

/// `text` with unprintable characters as \xNN or \u{NNNN}.
void append_for_terminal(SecretBuffer& out, std::string_view text);

}  // namespace oauth_token::cli
