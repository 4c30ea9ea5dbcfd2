#include "store/sealed_file.hpp"

#include "base/random.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::string_view family = "oauth-token sealed ";
constexpr std::string_view file_magic = "oauth-token sealed 1\n";
constexpr std::size_t numbers_size = 4 + 8;
constexpr std::uint8_t usual_log2_n = 17;
constexpr std::uint8_t least_log2_n = 15;
constexpr std::uint8_t most_log2_n = 20;
constexpr std::uint8_t only_r = 8;
constexpr std::uint8_t only_p = 1;
constexpr std::size_t most_kept_keys = 64;

constexpr const char* damage_hint =
    "It was left as it is. Put back a backup of it, or forget the session and sign in again.";
constexpr const char* key_hint =
    "It was left as it is. Give the key it was sealed with: --store-key-file FILE or OAUTH_TOKEN_STORE_KEY.";

tl::unexpected<Error> damaged_file(const std::string& place, const char* how) {
  return refuse("damaged", "The sealed file " + place + " " + how + ".", damage_hint);
}

}  // namespace

tl::unexpected<Error> refuse(const char* reason, std::string message, std::string hint) {
  return fail(Error{.error_class = ErrorClass::store,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .reason = reason});
}

std::size_t SealedHeader::size() noexcept {
  return file_magic.size() + numbers_size + salt_size + check_size + aes_nonce_size;
}

std::string SealedHeader::bytes() const {
  std::string out(file_magic);
  for (const auto number : {static_cast<std::uint8_t>(derivation), log2_n, r, p})
    out += static_cast<char>(number);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((generation >> shift) & 0xffU);
  return out + salt + check + nonce;
}

Result<SealedHeader> parse_sealed_header(std::string_view file, const std::string& place) {
  if (file.starts_with(family) && !file.starts_with(file_magic) && file.size() >= file_magic.size())
    return refuse("newer", "The sealed file " + place + " was written by a newer version of this program.",
                  "Use that version, or a later one.");
  if (!file.starts_with(file_magic))
    return damaged_file(place, "is damaged: it does not begin like one of ours");
  if (file.size() < SealedHeader::size()) return damaged_file(place, "is damaged: it was cut off");
  file.remove_prefix(file_magic.size());
  const auto take = [&file](std::size_t count) {
    const std::string_view taken = file.substr(0, count);
    file.remove_prefix(count);
    return taken;
  };
  const auto number = [&take] { return static_cast<std::uint8_t>(take(1)[0]); };
  SealedHeader header;
  const std::uint8_t derivation = number();
  header.derivation = static_cast<Derivation>(derivation);
  header.log2_n = number();
  header.r = number();
  header.p = number();
  for (int i = 0; i < 8; ++i) header.generation = (header.generation << 8U) | number();
  header.salt = take(SealedHeader::salt_size);
  header.check = take(SealedHeader::check_size);
  header.nonce = take(aes_nonce_size);
  const bool scrypt_fits = header.log2_n >= least_log2_n && header.log2_n <= most_log2_n &&
                           header.r == only_r && header.p == only_p;
  const bool no_numbers = header.log2_n == 0 && header.r == 0 && header.p == 0;
  if (derivation > static_cast<std::uint8_t>(Derivation::scrypt) ||
      !(header.derivation == Derivation::scrypt ? scrypt_fits : no_numbers))
    return damaged_file(place, "is damaged: it names a key derivation that is never used");
  return header;
}

Result<const Sealer::FileKey*> Sealer::file_key(const SealedHeader& header) {
  const std::string name = header.salt + static_cast<char>(header.log2_n);
  if (const auto found = kept_.find(name); found != kept_.end()) return &found->second;
  const auto& module = crypto();
  if (!module) return fail(module.error());
  Secret stretched;
  if (header.derivation == Derivation::scrypt) {
    const ScryptCost cost{.n = std::uint64_t{1} << header.log2_n, .r = header.r, .p = header.p};
    auto derived = (*module)->scrypt(key_.value.expose(), header.salt, cost, aes_key_size);
    if (!derived) return fail(std::move(derived.error()));
    stretched = std::move(*derived);
  }
  const std::string_view key = stretched.empty() ? key_.value.expose() : stretched.expose();
  auto seal = (*module)->hkdf_sha256(key, header.salt, "oauth-token sealed file", aes_key_size);
  auto check = (*module)->hkdf_sha256(key, header.salt, "oauth-token key check", SealedHeader::check_size);
  if (!seal) return fail(std::move(seal.error()));
  if (!check) return fail(std::move(check.error()));
  if (kept_.size() >= most_kept_keys) kept_.clear();
  const auto [place, added] =
      kept_.emplace(name, FileKey{.seal = std::move(*seal), .check = std::string(check->expose())});
  return &place->second;
}

Result<std::string> Sealer::seal(std::string_view id, std::uint64_t generation, const Secret& value,
                                 const SealedHeader* previous) {
  SealedHeader header{.derivation = derivation(), .generation = generation};
  if (header.derivation == Derivation::scrypt) {
    header.log2_n = usual_log2_n;
    header.r = only_r;
    header.p = only_p;
  }
  const bool same =
      previous != nullptr && previous->derivation == header.derivation && previous->log2_n == header.log2_n;
  header.salt = same ? previous->salt : random_bytes(SealedHeader::salt_size);
  header.nonce = random_bytes(aes_nonce_size);
  auto key = file_key(header);
  if (!key) return fail(std::move(key.error()));
  header.check = (*key)->check;
  std::string file = header.bytes();
  auto sealed =
      (*crypto())->seal((*key)->seal.expose(), header.nonce, file + std::string(id), value.expose());
  if (!sealed) return fail(std::move(sealed.error()));
  return file + *sealed;
}

Result<Secret> Sealer::open(std::string_view id, const SealedHeader& header, std::string_view file,
                            const std::string& place) {
  if (header.derivation != derivation())
    return refuse(
        "key",
        "The sealed file " + place + " was sealed with a " +
            (header.derivation == Derivation::key ? "key, not a passphrase." : "passphrase, not a key."),
        key_hint);
  auto key = file_key(header);
  if (!key) return fail(std::move(key.error()));
  if ((*key)->check != header.check)
    return refuse("key", "The sealed file " + place + " was sealed with another key.", key_hint);
  auto opened = (*crypto())->open((*key)->seal.expose(), header.nonce, header.bytes() + std::string(id),
                                  file.substr(SealedHeader::size()));
  if (!opened) return fail(std::move(opened.error()));
  if (!*opened)
    return damaged_file(place,
                        "is damaged: it was changed, cut off or put in the place of another session's");
  return std::move(**opened);
}

}  // namespace oauth_token
