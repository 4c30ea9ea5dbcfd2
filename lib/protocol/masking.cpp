#include "protocol/masking.hpp"

#include "base/base64.hpp"
#include "base/characters.hpp"
#include "protocol/form.hpp"

#include <algorithm>
#include <array>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t shortest = 4;
constexpr std::size_t found_inside_words = 8;
constexpr std::array<std::string_view, 7> ordinary_words{"client", "client_secret", "password", "secret",
                                                         "token",  "user",          "username"};

bool is_word_character(char c) {
  return is_letter_or_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

void Masker::add(std::string_view secret) {
  if (secret.size() < shortest ||
      std::find(ordinary_words.begin(), ordinary_words.end(), secret) != ordinary_words.end())
    return;
  std::size_t start = forms_text_.size();
  forms_text_.append(secret);
  add_form(start);

  for (const bool plus : {false, true})
    for (const bool lower_case : {false, true}) {
      start = forms_text_.size();
      for (std::size_t i = 0; i < secret.size(); ++i) {
        const std::size_t here = forms_text_.size();
        if (plus && secret[i] == ' ')
          forms_text_.append('+');
        else
          append_form_encoded(forms_text_, secret.substr(i, 1));
        if (lower_case && forms_text_.size() - here == 3)
          for (std::size_t k = here + 1; k < here + 3; ++k)
            if (char& digit = forms_text_.data()[k]; digit >= 'A') digit = static_cast<char>(digit | 0x20);
      }
      add_form(start);
    }

  // Behind 0, 1 or 2 bytes of something else, the first and last digits depend on the neighbours.
  for (std::size_t shift = 0; shift < 3; ++shift)
    for (const Base64 alphabet : {Base64::standard, Base64::url}) {
      SecretBuffer shifted;
      shifted.append(std::string_view("\0\0", shift)).append(secret);
      SecretBuffer encoded;
      append_base64(encoded, shifted.expose(), alphabet);
      const std::size_t first = (shift * 8 + 5) / 6;
      const std::size_t last = (shift + secret.size()) * 8 / 6;
      start = forms_text_.size();
      forms_text_.append(encoded.expose().substr(first, last - first));
      add_form(start);
    }
}

void Masker::add_form(std::size_t offset) {
  const std::string_view form = forms_text_.expose().substr(offset);
  const bool known = std::any_of(forms_.begin(), forms_.end(), [&](const Form& other) {
    return forms_text_.expose().substr(other.offset, other.length) == form;
  });
  if (known || form.size() < shortest)
    forms_text_.truncate(offset);
  else
    forms_.push_back({offset, form.size()});
}

// The length of the longest secret that begins there.
std::size_t Masker::match(std::string_view text, std::size_t at) const {
  std::size_t longest = 0;
  for (const Form& form : forms_) {
    const std::string_view secret = forms_text_.expose().substr(form.offset, form.length);
    if (form.length <= longest || text.substr(at, form.length) != secret) continue;
    const std::size_t end = at + form.length;
    const bool inside_word =
        (at > 0 && is_word_character(text[at - 1])) || (end < text.size() && is_word_character(text[end]));
    if (form.length >= found_inside_words || !inside_word) longest = form.length;
  }
  return longest;
}

std::string Masker::operator()(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = match(text, at);
    if (length > 0) {
      out += "[masked]";
      at += length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace oauth_token::protocol
