#pragma once

#include <oauth_token/error.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// `config` for an encrypted key, in PEM or DER, or a PKCS#12 file that asks for more rounds of hashing than
/// anybody means who wants to be waited for: a file that somebody else made could keep a process busy for
/// days. Anything else passes, and what stands inside an encrypted part is not seen.
Result<void> check_stretching(std::string_view text, const std::string& source);

}  // namespace oauth_token
