
#include "protocol/json_text.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace oauth_token::json {

// A parser of our own, since no well-kept one leaves nothing behind: nlohmann's puts the last token into the
// message of its parse error, on the heap, and the others of Debian 12 copy strings or have no allocator.
class Parser {
 public:
  Parser(Secret text, const Options& options) : options_(options) {
    document_.text_ = std::move(text);
    // The pages are ours and not constant; decoding in place spares the copy.
    base_ = const_cast<char*>(document_.text_.expose().data());
    end_ = document_.text_.size();
    document_.nodes_.reserve(32);
  }

  tl::expected<Document, ParseError> run() {
    if (end_ > std::min<std::size_t>(options_.max_bytes, std::numeric_limits<std::uint32_t>::max()))
      error("is longer than allowed");
    else
      parse_text();
    if (what_.empty()) return std::move(document_);
    return tl::unexpected<ParseError>({what_, at_});
  }

 private:
  using Node = Value::Node;
  static constexpr unsigned depth_limit = 64;

  bool error(std::string_view what) {
    if (what_.empty()) what_ = what;
    return false;
  }

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] unsigned char peek() const { return static_cast<unsigned char>(base_[at_]); }

  void skip_space() {
    while (at_ < end_ &&
           (base_[at_] == ' ' || base_[at_] == '\n' || base_[at_] == '\r' || base_[at_] == '\t'))
      ++at_;
  }

  bool expect(char byte) {
    skip_space();
    if (at_end()) return error("ends too early");
    if (base_[at_] != byte) return error("is malformed");
    ++at_;
    return true;
  }

  void parse_text() {
    if (end_ >= 3 && std::memcmp(base_, "\xef\xbb\xbf", 3) == 0) at_ = 3;
    Node name{};
    if (!parse_value(name)) return;
    while (depth_ > 0)
      if (!parse_next()) return;
    skip_space();
    if (!at_end()) error("has something after its end");
  }

  // In an open array or object: the next element, or the end.
  bool parse_next() {
    Node& container = document_.nodes_[open_.at(depth_ - 1)];
    const bool is_object = container.type == Type::object;
    const bool first = container.size == 1 && open_.at(depth_ - 1) + 1 == document_.nodes_.size();
    skip_space();
    if (at_end()) return error("ends too early");
    if (base_[at_] == (is_object ? '}' : ']')) {
      ++at_;
      return close();
    }
    if (!first && !expect(',')) return false;
    Node next{};
    if (is_object) {
      skip_space();
      if (at_end()) return error("ends too early");
      if (peek() != '"') return error("is malformed");
      Node name{};
      if (!parse_string(name)) return false;
      next.name_offset = name.offset;
      next.name_length = name.length;
      if (!expect(':')) return false;
    }
    return parse_value(next);
  }

  bool close() {
    const std::uint32_t index = open_.at(--depth_);
    Node& container = document_.nodes_[index];
    container.size = static_cast<std::uint32_t>(document_.nodes_.size()) - index;
    return container.type != Type::object || has_unique_names(index);
  }

  bool has_unique_names(std::uint32_t object) {
    const Node* const node = &document_.nodes_[object];
    names_.clear();
    for (std::uint32_t i = 1; i < node->size; i += node[i].size)
      names_.emplace_back(base_ + node[i].name_offset, node[i].name_length);
    std::sort(names_.begin(), names_.end());
    if (std::adjacent_find(names_.begin(), names_.end()) == names_.end()) return true;
    return error("names a member twice");
  }

  bool parse_value(Node node) {
    skip_space();
    if (at_end()) return error("ends too early");
    switch (peek()) {
      case '{':
        return begin(node, Type::object);
      case '[':
        return begin(node, Type::array);
      case '"':
        node.type = Type::string;
        if (!parse_string(node)) return false;
        break;
      case 't':
        node.truth = true;
        [[fallthrough]];
      case 'f':
        node.type = Type::boolean;
        if (!parse_word(node.truth ? "true" : "false")) return false;
        break;
      case 'n':
        if (!parse_word("null")) return false;
        break;
      default:
        node.type = Type::number;
        if (!parse_number(node)) return false;
    }
    document_.nodes_.push_back(node);
    return true;
  }

  bool begin(Node node, Type type) {
    if (depth_ >= std::min(options_.max_depth, depth_limit)) return error("is nested deeper than the limit");
    ++at_;
    node.type = type;
    open_.at(depth_++) = static_cast<std::uint32_t>(document_.nodes_.size());
    document_.nodes_.push_back(node);
    return true;
  }

  bool parse_word(std::string_view word) {
    if (std::string_view(base_ + at_, end_ - at_).substr(0, word.size()) != word)
      return error("is malformed");
    at_ += word.size();
    return true;
  }

  bool skip_digits() {
    const std::size_t start = at_;
    while (at_ < end_ && base_[at_] >= '0' && base_[at_] <= '9') ++at_;
    return at_ > start;
  }

  bool parse_number(Node& node) {
    const std::size_t start = at_;
    const auto next_is = [&](char byte) { return at_ < end_ && base_[at_] == byte && ++at_ != 0; };
    next_is('-');
    if (!next_is('0') && !skip_digits()) return error("is malformed");
    if (next_is('.') && !skip_digits()) return error("is malformed");
    if (next_is('e') || next_is('E')) {
      if (!next_is('+')) next_is('-');
      if (!skip_digits()) return error("is malformed");
    }
    node.offset = static_cast<std::uint32_t>(start);
    node.length = static_cast<std::uint32_t>(at_ - start);
    return true;
  }

  // From the opening quote to behind the closing one; the decoded text is never longer than the written one.
  bool parse_string(Node& node) {
    node.offset = static_cast<std::uint32_t>(++at_);
    at_ += plain_run({base_ + at_, end_ - at_});
    std::size_t out = at_;
    while (!at_end()) {
      const unsigned char byte = peek();
      if (byte == '"') {
        node.length = static_cast<std::uint32_t>(out - node.offset);
        ++at_;
        return true;
      }
      if (byte < 0x20) return error("has a control character in a string");
      if (byte == '\\') {
        if (!parse_escape(out)) return false;
      } else if (byte < 0x80) {
        base_[out++] = base_[at_++];
      } else if (!copy_multibyte(out)) {
        return false;
      }
    }
    return error("ends too early");
  }

  bool copy_multibyte(std::size_t& out) {
    const unsigned char first = peek();
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const std::string_view character = std::string_view(base_ + at_, end_ - at_).substr(0, length);
    if (character.size() != length || !is_utf8(character)) return error("is not UTF-8");
    std::memmove(base_ + out, character.data(), length);
    out += length;
    at_ += length;
    return true;
  }

  bool parse_escape(std::size_t& out) {
    if (end_ - at_ < 2) return error("ends too early");
    const char letter = base_[at_ + 1];
    at_ += 2;
    if (letter == 'u') return parse_unicode_escape(out);
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    const auto index = letters.find(letter);
    if (index == std::string_view::npos) return error("has an unknown escape in a string");
    base_[out++] = values[index];
    return true;
  }

  bool parse_unicode_escape(std::size_t& out) {
    std::uint32_t code = 0;
    if (!parse_hex(code)) return false;
    const bool low = code >= 0xdc00 && code <= 0xdfff;
    bool lone = low;
    if (code >= 0xd800 && code <= 0xdbff) {
      const std::size_t here = at_;
      std::uint32_t second = 0;
      if (end_ - at_ >= 6 && base_[at_] == '\\' && base_[at_ + 1] == 'u') {
        at_ += 2;
        if (!parse_hex(second)) return false;
      }
      lone = second < 0xdc00 || second > 0xdfff;
      if (lone)
        at_ = here;
      else
        code = 0x10000 + ((code - 0xd800) << 10U) + (second - 0xdc00);
    }
    if (lone && !options_.lone_surrogates) return error("has half a surrogate pair in a string");
    out += encode_utf8(base_ + out, code);
    return true;
  }

  bool parse_hex(std::uint32_t& code) {
    if (end_ - at_ < 4) return error("ends too early");
    const auto [rest, status] = std::from_chars(base_ + at_, base_ + at_ + 4, code, 16);
    if (status != std::errc() || rest != base_ + at_ + 4) return error("has an unknown escape in a string");
    at_ += 4;
    return true;
  }

  Options options_;
  Document document_;
  char* base_ = nullptr;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::array<std::uint32_t, depth_limit> open_{};
  unsigned depth_ = 0;
  std::vector<std::string_view> names_;
  std::string_view what_;
};

tl::expected<Document, ParseError> parse(Secret text, const Options& options) {
  return Parser(std::move(text), options).run();
}

tl::expected<Document, ParseError> parse(std::string_view text, const Options& options) {
  return parse(Secret(text), options);
}

}  // namespace oauth_token::json
