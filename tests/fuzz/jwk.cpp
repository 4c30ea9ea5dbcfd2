// Private keys as JSON Web Keys: what is read can be written and read again.

#include "crypto/jwk.hpp"

#include "fuzzing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token;
  const auto key = parse_jwk(Secret(fuzzing::text(data, size)), "key.json");
  if (!key) {
    fuzzing::check(key.error());
    return 0;
  }
  fuzzing::must(!key->numbers.d.empty(), "a key has its private part");
  const auto again = parse_jwk(private_jwk(key->numbers, key->key_id, key->algorithm), "again.json");
  fuzzing::must(again.has_value(), "a key that was written is read again");
  fuzzing::must(again->numbers.d == key->numbers.d && again->numbers.n == key->numbers.n &&
                    again->numbers.x == key->numbers.x && again->key_id == key->key_id,
                "a key that was written is the same");
  fuzzing::must(public_jwk(key->numbers).find("\"d\"") == std::string::npos,
                "a public key has no private part");
  return 0;
}
