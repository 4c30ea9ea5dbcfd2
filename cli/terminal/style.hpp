#pragma once

#include <string>
#include <string_view>

namespace oauth_token::cli {

enum class Style { good, warning, error };

/// Whether `descriptor` is a terminal that is no dumb one (TERM).
bool is_able_terminal(int descriptor) noexcept;
/// The same, and NO_COLOR is not set to anything.
bool may_colour(int descriptor) noexcept;

/// `word` in the colour of `style`, or as it is.
std::string styled(std::string_view word, Style style, bool colour);

}  // namespace oauth_token::cli
