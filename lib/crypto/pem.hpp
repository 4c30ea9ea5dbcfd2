#pragma once

#include <oauth_token/secret.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace oauth_token {

/// One block of a text as RFC 7468 has it. Views into that text.
struct PemBlock {
  std::string_view label = {};  ///< e.g. "PRIVATE KEY"
  std::string_view whole = {};  ///< with the lines around it
  std::string_view body = {};   ///< base64 in lines, headers of RFC 1421 before it
  /// By its label or its headers ("Proc-Type: 4,ENCRYPTED").
  bool encrypted = false;
};

/// All whole blocks, in order; what stands between them is passed over.
std::vector<PemBlock> pem_blocks(std::string_view text);

/// The bytes of a block that is not encrypted, decoded in wiped memory; nothing where it is no base64.
std::optional<Secret> pem_bytes(const PemBlock& block);

}  // namespace oauth_token
