#pragma once

#include "crypto/module.hpp"

namespace oauth_token {

// See CryptoModule.
Result<std::string> sha256(std::string_view text);
Result<std::string> sha1(std::string_view text);
Result<std::string> hmac(const char* digest, std::string_view key, std::string_view text);
Result<std::shared_ptr<evp_md_ctx_st>> signer(const KeyObject& key, const SignatureScheme& scheme);
Result<std::string> sign(const evp_md_ctx_st& signer, const SignatureScheme& scheme, std::string_view text);
Result<void> check_key(const KeyObject& key, const SignatureScheme& scheme, const std::string& source);

}  // namespace oauth_token
