#include "crypto/pem.hpp"

#include "base/base64.hpp"

#include <string>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::string_view begin = "-----BEGIN ";
constexpr std::string_view end = "-----END ";
constexpr std::string_view dashes = "-----";

}  // namespace

std::vector<PemBlock> pem_blocks(std::string_view text) {
  std::vector<PemBlock> blocks;
  for (;;) {
    const auto start = text.find(begin);
    if (start == std::string_view::npos) return blocks;
    text.remove_prefix(start);
    const auto label_end = text.find(dashes, begin.size());
    if (label_end == std::string_view::npos) return blocks;
    PemBlock block{.label = text.substr(begin.size(), label_end - begin.size())};
    const std::string last = std::string(end) + std::string(block.label) + std::string(dashes);
    const auto body = label_end + dashes.size();
    const auto stop = text.find(last, body);
    if (stop == std::string_view::npos) {
      text.remove_prefix(begin.size());
      continue;
    }
    block.whole = text.substr(0, stop + last.size());
    block.body = text.substr(body, stop - body);
    block.encrypted = block.label == "ENCRYPTED PRIVATE KEY" ||
                      block.body.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
    blocks.push_back(block);
    text.remove_prefix(block.whole.size());
  }
}

std::optional<Secret> pem_bytes(const PemBlock& block) {
  SecretBuffer joined(block.body.size());
  std::string_view rest = block.body;
  while (!rest.empty()) {
    const auto line_end = rest.find('\n');
    std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end == std::string_view::npos ? rest.size() : line_end + 1);
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
    if (line.find(':') == std::string_view::npos) joined.append(line);
  }
  SecretBuffer bytes;
  if (joined.empty() || !append_base64_decoded(bytes, joined.expose())) return std::nullopt;
  return bytes.take();
}

}  // namespace oauth_token
