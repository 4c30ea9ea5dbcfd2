#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace oauth_token {

/// Server text made fit for a terminal: control, bidirectional-override and zero-width characters and bytes
/// that are not UTF-8 are written as \xNN or \u{NNNN}; everything else stays. Newlines count as control
/// characters. All functions here are thread-safe and block nothing.
std::string escape_for_terminal(std::string_view text);

/// The same in double quotes, for a word in a sentence; of more than `most` bytes the first ones.
std::string quote_for_terminal(std::string_view text, std::size_t most = std::string_view::npos);

/// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text) noexcept;

/// "oauth-token/1.2.3", and the version alone.
std::string_view user_agent() noexcept;
std::string_view version() noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
