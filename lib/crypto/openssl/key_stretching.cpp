#include "crypto/openssl/key_stretching.hpp"

#include "crypto/openssl/openssl.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

namespace oauth_token {
namespace {

// Some seconds; OpenSSL itself takes 2048, and 600 000 are recommended today.
constexpr std::uint64_t most_rounds = 10'000'000;
constexpr std::uint64_t no_end = std::numeric_limits<std::uint32_t>::max();

struct FreeParts {
  void operator()(X509_SIG* key) const noexcept { X509_SIG_free(key); }
  void operator()(PKCS12* file) const noexcept { PKCS12_free(file); }
  void operator()(PBEPARAM* parameters) const noexcept { PBEPARAM_free(parameters); }
  void operator()(PBE2PARAM* parameters) const noexcept { PBE2PARAM_free(parameters); }
  void operator()(PBKDF2PARAM* parameters) const noexcept { PBKDF2PARAM_free(parameters); }
  void operator()(SCRYPT_PARAMS* parameters) const noexcept { SCRYPT_PARAMS_free(parameters); }
  void operator()(STACK_OF(PKCS7) * safes) const noexcept { sk_PKCS7_pop_free(safes, PKCS7_free); }
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const noexcept {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
template <class Part>
using Held = std::unique_ptr<Part, FreeParts>;

// A number that does not fit is one without end, as is one below zero, which OpenSSL will refuse.
std::uint64_t number(const ASN1_INTEGER* integer) {
  std::int64_t value = 0;
  if (integer == nullptr) return 1;
  if (ASN1_INTEGER_get_int64(&value, integer) != 1 || value < 0) return no_end;
  return std::min(static_cast<std::uint64_t>(value), no_end);
}

std::uint64_t product(std::uint64_t one, std::uint64_t other) { return std::min(one * other, no_end); }

struct Algorithm {
  int name = NID_undef;
  const ASN1_STRING* parameters = nullptr;
};

Algorithm parts_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* name = nullptr;
  const void* value = nullptr;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&name, &type, &value, algorithm);
  return {OBJ_obj2nid(name), type == V_ASN1_SEQUENCE ? static_cast<const ASN1_STRING*>(value) : nullptr};
}

template <class Part>
Held<Part> unpack(const ASN1_STRING* packed, const ASN1_ITEM* item) {
  return Held<Part>(packed == nullptr ? nullptr : static_cast<Part*>(ASN1_item_unpack(packed, item)));
}

std::uint64_t rounds_of_function(const X509_ALGOR* function) {
  const auto [name, parameters] = parts_of(function);
  if (name == NID_id_scrypt) {
    const auto cost = unpack<SCRYPT_PARAMS>(parameters, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    if (!cost) return 0;
    return product(product(number(cost->costParameter), number(cost->blockSize)),
                   number(cost->parallelizationParameter));
  }
  const auto cost = unpack<PBKDF2PARAM>(parameters, ASN1_ITEM_rptr(PBKDF2PARAM));
  return cost ? number(cost->iter) : 0;
}

// What cannot be read costs nothing: OpenSSL will refuse it.
std::uint64_t rounds(const X509_ALGOR* algorithm) {
  const auto [name, parameters] = parts_of(algorithm);
  if (name == NID_pbes2) {
    const auto scheme = unpack<PBE2PARAM>(parameters, ASN1_ITEM_rptr(PBE2PARAM));
    return scheme ? rounds_of_function(scheme->keyfunc) : 0;
  }
  const auto cost = unpack<PBEPARAM>(parameters, ASN1_ITEM_rptr(PBEPARAM));
  return cost ? number(cost->iter) : 0;
}

std::uint64_t rounds(const X509_SIG* key) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(key, &algorithm, nullptr);
  return rounds(algorithm);
}

std::uint64_t rounds(const STACK_OF(PKCS12_SAFEBAG) * bags) {
  std::uint64_t sum = 0;
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
    const PKCS12_SAFEBAG* const bag = sk_PKCS12_SAFEBAG_value(bags, i);
    const int kind = PKCS12_SAFEBAG_get_nid(bag);
    if (kind == NID_pkcs8ShroudedKeyBag) sum += rounds(PKCS12_SAFEBAG_get0_pkcs8(bag));
    if (kind == NID_safeContentsBag) sum += rounds(PKCS12_SAFEBAG_get0_safes(bag));
  }
  return sum;
}

std::uint64_t rounds(PKCS7* safe) {
  // A type without a content is what OpenSSL reads, too.
  if (PKCS7_type_is_encrypted(safe))
    return safe->d.encrypted == nullptr ? 0 : rounds(safe->d.encrypted->enc_data->algorithm);
  if (!PKCS7_type_is_data(safe) || safe->d.data == nullptr) return 0;
  const Held<STACK_OF(PKCS12_SAFEBAG)> bags(PKCS12_unpack_p7data(safe));
  return rounds(bags.get());
}

std::uint64_t rounds(const PKCS12* file) {
  const ASN1_INTEGER* mac = nullptr;
  if (PKCS12_mac_present(file) == 1) PKCS12_get0_mac(nullptr, nullptr, nullptr, &mac, file);
  std::uint64_t sum = number(mac);
  const Held<STACK_OF(PKCS7)> safes(PKCS12_unpack_authsafes(file));
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) sum += rounds(sk_PKCS7_value(safes.get(), i));
  return sum;
}

Held<X509_SIG> encrypted_key(std::string_view text) {
  if (!text.starts_with("-----BEGIN")) {
    const unsigned char* place = bytes(text);
    return Held<X509_SIG>(d2i_X509_SIG(nullptr, &place, static_cast<long>(text.size())));
  }
  const Owned<BIO> input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Held<X509_SIG>(input ? PEM_read_bio_PKCS8(input.get(), nullptr, nullptr, nullptr) : nullptr);
}

std::uint64_t rounds(std::string_view text) {
  const unsigned char* place = bytes(text);
  const Held<PKCS12> file(d2i_PKCS12(nullptr, &place, static_cast<long>(text.size())));
  if (file) return rounds(file.get());
  const auto key = encrypted_key(text);
  return key ? rounds(key.get()) : 0;
}

}  // namespace

Result<void> check_stretching(std::string_view text, const std::string& source) {
  const std::uint64_t asked = rounds(text);
  ERR_clear_error();
  if (asked <= most_rounds) return {};
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " wants its passphrase to be hashed " +
                               (asked >= no_end ? "billions of" : std::to_string(asked)) +
                               " times, which would keep this machine busy for long.",
                    .hint =
                        "Encrypt the key anew, e.g. with: openssl pkcs8 -topk8 -iter 600000. Where somebody "
                        "else made the file, ask them what they meant by it.",
                    .reason = "key"});
}

}  // namespace oauth_token
