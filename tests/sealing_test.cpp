#include "base/random.hpp"
#include "crypto/module.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace sealing_test {

using namespace oauth_token;

namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

const CryptoModule& module() {
  REQUIRE(crypto().has_value());
  return **crypto();
}

}  // namespace

TEST_CASE("HKDF-SHA256 gives the keys of RFC 5869's first and third test vector") {
  struct {
    std::string_view key, salt, info, output;
  } const rows[] = {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (const auto& row : rows) {
    const auto key = module().hkdf_sha256(from_hex(row.key), from_hex(row.salt), from_hex(row.info), 42);
    REQUIRE(key.has_value());
    CHECK(key->expose() == from_hex(row.output));
  }
}

TEST_CASE("scrypt gives the key of RFC 7914's third test vector") {
  const auto key =
      module().scrypt("pleaseletmein", "SodiumChloride", ScryptCost{.n = 16384, .r = 8, .p = 1}, 64);
  REQUIRE(key.has_value());
  CHECK(key->expose() == from_hex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                                  "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"));
  CHECK_FALSE(module().scrypt("p", "s", ScryptCost{.n = 1000}, 32).has_value());
}

TEST_CASE("SHA-256 of abc is FIPS 180's") {
  CHECK(module().sha256("abc").value() ==
        from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST_CASE("AES-256-GCM gives the cipher text of the GCM specification's case 16") {
  const std::string key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = from_hex("cafebabefacedbaddecaf888");
  const std::string associated = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string clear = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const auto sealed = module().seal(key, nonce, associated, clear);
  REQUIRE(sealed.has_value());
  CHECK(*sealed == from_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                            "76fc6ece0f4e1768cddf8853bb2d551b"));
  const auto opened = module().open(key, nonce, associated, *sealed);
  REQUIRE((opened.has_value() && opened->has_value()));
  CHECK((*opened)->expose() == clear);
}

TEST_CASE("what was changed in any way does not open") {
  const std::string key = random_bytes(aes_key_size);
  const std::string nonce = random_bytes(aes_nonce_size);
  const std::string sealed = module().seal(key, nonce, "session", "refresh token").value();
  const auto opens = [&](std::string_view k, std::string_view n, std::string_view a, std::string_view s) {
    return module().open(k, n, a, s).value().has_value();
  };
  CHECK(opens(key, nonce, "session", sealed));
  CHECK_FALSE(opens(random_bytes(aes_key_size), nonce, "session", sealed));
  CHECK_FALSE(opens(key, random_bytes(aes_nonce_size), "session", sealed));
  CHECK_FALSE(opens(key, nonce, "another session", sealed));
  CHECK_FALSE(opens(key, nonce, "session", sealed.substr(0, sealed.size() - 1)));
  CHECK_FALSE(opens(key, nonce, "session", sealed.substr(0, 7)));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(opens(key, nonce, "session", changed));
  }
}

TEST_CASE("an empty text is sealed and opened too, and arguments of the wrong size are refused") {
  const std::string key = random_bytes(aes_key_size);
  const std::string nonce = random_bytes(aes_nonce_size);
  const std::string sealed = module().seal(key, nonce, "", "").value();
  CHECK(sealed.size() == aes_tag_size);
  CHECK(module().open(key, nonce, "", sealed).value()->empty());
  CHECK_FALSE(module().seal("short", nonce, "", "").has_value());
  CHECK_FALSE(module().seal(key, "short", "", "").has_value());
}

TEST_CASE("random names do not repeat") {
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16) != random_hex(16));
}

}  // namespace sealing_test
