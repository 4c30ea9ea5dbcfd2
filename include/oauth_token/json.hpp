#pragma once

#include <oauth_token/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace oauth_token::json {
class Parser;  // the library's own, not exported
}

#pragma GCC visibility push(default)
/// JSON (RFC 8259) for texts that hold secrets and come from strangers. A document keeps its text in the
/// wiped pages it was read into and decodes strings in place; beside it there are only offsets, so nothing
/// secret ever reaches the heap. Reading:
///
///     auto document = json::parse(std::move(body));
///     if (!document) … document.error().what …
///     const auto token = document->root()["access_token"].text();   // optional<string_view>
///     for (json::Value member : document->root()) … member.name() …
///
/// Writing:
///
///     json::Writer out;
///     out.begin_object().member("version", 1).member("token", secret.expose());
///     out.name("extra").value(member).end_object();
///     Secret text = out.take();
namespace oauth_token::json {

/// The types of RFC 8259 s3; `absent` where there is no value at all.
enum class Type : std::uint8_t { absent, null, boolean, number, string, array, object };

/// What `parse` takes.
struct Options {
  std::size_t max_bytes = std::size_t{1} << 20U;  ///< of the whole text
  /// Arrays and objects inside each other; 64 at most.
  unsigned max_depth = 64;
  /// Let "\ud800" without its other half pass; a Writer writes it back as the same escape.
  bool lone_surrogates = false;
};

/// Why a text is not taken. Holds nothing of the text.
struct ParseError {
  std::string_view what = {};  ///< completes "the JSON …", e.g. "is nested deeper than 64 levels"
  std::size_t offset = 0;      ///< in bytes
};

class Document;

/// A view of one value of a document, valid while the document lives (moving it is allowed).
class Value {
 public:
  /// Absent.
  Value() noexcept = default;

  [[nodiscard]] Type type() const noexcept;  ///< `absent` for a default value, too
  /// There is a value and it is not null.
  explicit operator bool() const noexcept { return type() > Type::null; }
  /// Not so for null.
  [[nodiscard]] bool is_object() const noexcept { return type() == Type::object; }

  /// The decoded text of a string; may hold NUL.
  [[nodiscard]] std::optional<std::string_view> text() const noexcept;
  /// Nothing for any other type than true and false.
  [[nodiscard]] std::optional<bool> boolean() const noexcept;
  /// A number as it was written.
  [[nodiscard]] std::optional<std::string_view> number() const noexcept;
  /// A number written as an integer that fits.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;

  /// The name, when this is the member of an object.
  [[nodiscard]] std::string_view name() const noexcept;
  /// The member of that name; absent when there is none or this is no object.
  [[nodiscard]] Value operator[](std::string_view name) const noexcept;

  /// Members of an object or elements of an array, in order; nothing for any other type.
  class Iterator;
  [[nodiscard]] Iterator begin() const noexcept;  ///< of the first one
  [[nodiscard]] Iterator end() const noexcept;    ///< behind the last one

 private:
  friend class Document;
  friend class Parser;
  struct Node;
  Value(const Node* node, const char* base) noexcept : node_(node), base_(base) {}
  const Node* node_ = nullptr;
  const char* base_ = nullptr;
};

/// @cond
// The library's own: where a value stands in the text.
struct Value::Node {
  std::uint32_t offset = 0;  // of the text; unused for containers
  std::uint32_t length = 0;
  std::uint32_t name_offset = 0;
  std::uint32_t name_length = 0;
  std::uint32_t size = 1;  // nodes of this value, itself included
  Type type = Type::null;
  bool truth = false;
};
/// @endcond

/// Goes through members or elements, for a range-based `for`.
class Value::Iterator {
 public:
  explicit Iterator(Value value) noexcept : value_(value) {}  ///< the library's own
  Value operator*() const noexcept { return value_; }         ///< with its name, in an object
  /// To the next one, past all that this one holds.
  Iterator& operator++() noexcept {
    value_.node_ += value_.node_->size;
    return *this;
  }
  /// For iterators of one value.
  bool operator!=(const Iterator& other) const noexcept { return value_.node_ != other.value_.node_; }

 private:
  Value value_;
};

/// A parsed text. Moving keeps its values valid. Never changes: any number of threads may read it and its
/// values at once.
class Document {
 public:
  /// The outermost value.
  [[nodiscard]] Value root() const noexcept { return {nodes_.data(), text_.expose().data()}; }

 private:
  friend class Parser;
  Secret text_;
  std::vector<Value::Node> nodes_;
};

/// Parses the whole text, which is overwritten in place. Refused: duplicate names in one object, invalid
/// UTF-8, escapes of half a surrogate pair, and what exceeds the options. A byte order mark is skipped.
tl::expected<Document, ParseError> parse(Secret text, const Options& options = {});
/// The same for text without secrets; copies it.
tl::expected<Document, ParseError> parse(std::string_view text, const Options& options = {});

/// Writes compact JSON into wiped memory; commas are put where they belong. Characters that no terminal
/// should see (see escape_for_terminal) are written as `\uXXXX`; text that is not UTF-8 gets U+FFFD for each
/// bad byte. For one thread at a time.
class Writer {
 public:
  /// Replaces each string (names too) on the way, e.g. to mask secrets.
  using Rewrite = std::function<std::string(std::string_view)>;

  Writer& begin_object() { return open('{'); }  ///< as a value
  Writer& end_object() { return close('}'); }   ///< of the innermost one
  Writer& begin_array() { return open('['); }   ///< as a value
  Writer& end_array() { return close(']'); }    ///< of the innermost one
  /// The name of the next value.
  Writer& name(std::string_view name);
  Writer& text(std::string_view text);  ///< a string
  Writer& integer(std::int64_t value);  ///< a number
  Writer& boolean(bool value);          ///< true or false
  Writer& null();                       ///< null
  /// A value of another document with all it holds; numbers stay as they were written.
  Writer& value(const Value& value, const Rewrite& rewrite = {});

  /// A string.
  Writer& member(std::string_view name_, std::string_view value) { return name(name_).text(value); }
  /// A string, too; without this one it would be a bool.
  Writer& member(std::string_view name_, const char* value) { return name(name_).text(value); }
  /// A number.
  Writer& member(std::string_view name_, std::int64_t value) { return name(name_).integer(value); }
  /// A number.
  Writer& member(std::string_view name_, int value) { return name(name_).integer(value); }
  /// true or false.
  Writer& member(std::string_view name_, bool value) { return name(name_).boolean(value); }
  /// An array of strings.
  Writer& member(std::string_view name_, const std::vector<std::string>& values);
  /// Left out when the text is empty.
  Writer& optional_member(std::string_view name_, std::string_view value) {
    return value.empty() ? *this : member(name_, value);
  }

  /// What was written so far.
  [[nodiscard]] std::string_view expose() const noexcept { return out_.expose(); }
  /// Hands it over without copying; the writer is not used after that.
  [[nodiscard]] Secret take() noexcept { return out_.take(); }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();
  void quote(std::string_view text);
  std::size_t quote_multibyte(std::string_view text);
  void escape(std::uint32_t code);
  SecretBuffer out_;
};

}  // namespace oauth_token::json
#pragma GCC visibility pop
