// Form and base64 encoding: round trips, and decoders that meet anything.

#include "base/base64.hpp"
#include "fuzzing.hpp"
#include "protocol/form.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token;
  using namespace oauth_token::protocol;
  const std::string_view text = fuzzing::text(data, size);
  SecretBuffer form;
  append_form_encoded(form, text);
  for (const char c : form.expose())
    fuzzing::must((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("-._~%").find(c) != std::string_view::npos,
                  "an encoded text holds nothing that means something in a form");
  SecretBuffer back;
  fuzzing::must(append_form_decoded(back, form.expose()) && back.expose() == text,
                "form encoding can be undone");
  SecretBuffer decoded;
  [[maybe_unused]] const bool is_form = append_form_decoded(decoded, text);
  fuzzing::must(decoded.size() <= size, "decoding a form makes nothing longer");

  for (const Base64 alphabet : {Base64::standard, Base64::url}) {
    SecretBuffer encoded;
    append_base64(encoded, text, alphabet);
    SecretBuffer same;
    fuzzing::must(append_base64_decoded(same, encoded.expose(), alphabet) && same.expose() == text,
                  "base64 can be undone");
    SecretBuffer bytes;
    if (append_base64_decoded(bytes, text, alphabet))
      fuzzing::must(bytes.size() <= size, "base64 gets shorter");
  }
  return 0;
}
