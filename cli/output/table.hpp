#pragma once

#include <string>
#include <vector>

namespace oauth_token::cli {

/// Rows of equal length as aligned columns, fit for a terminal; each row ends with a newline.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace oauth_token::cli
