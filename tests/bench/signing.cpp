// Goal 12: a whole client assertion of the library, with its key kept, beside OpenSSL's own EVP_DigestSign
// with the same key over a text of that length. Both sign in turn, in short batches of thread CPU time; the
// ratio is the median of the batches' ratios.
//   signing [ROUNDS]       default 60

#include "measure.hpp"

#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token_client.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace {

using namespace oauth_token;

struct Row {
  const char* algorithm;
  const char* digest;
  double goal;
  int batch;
};
constexpr std::array<Row, 3> rows{
    {{"RS256", "SHA256", 1.03, 10}, {"ES256", "SHA256", 1.15, 100}, {"EdDSA", nullptr, 1.08, 60}}};

const std::string endpoint = "https://as.example.com/oauth2/v1/token";
// As long as the signing input of such a client assertion.
const std::string text(308, 'a');

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "signing: %s\n", why.c_str());
  std::exit(1);
}

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Pkey make_key(const std::string& algorithm) {
  EVP_PKEY* const key = algorithm == "RS256"   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                        : algorithm == "ES256" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                               : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (key == nullptr) give_up("OpenSSL makes no key");
  return {key, EVP_PKEY_free};
}

SigningKey read_key(EVP_PKEY* key) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  auto read = SigningKey::parse(Secret({data, static_cast<std::size_t>(size)}), "The key");
  BIO_free(out);
  if (!read) give_up(read.error().message);
  return *read;
}

void sign_directly(EVP_PKEY* key, const EVP_MD* digest) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::array<unsigned char, 512> signature{};
  std::size_t size = signature.size();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DigestSignInit(context, nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context, signature.data(), &size, bytes, text.size()) != 1)
    give_up("OpenSSL does not sign");
  EVP_MD_CTX_free(context);
}

double microseconds(int batch, const std::function<void()>& once) {
  const double start = cpu_microseconds(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < batch; ++i) once();
  return (cpu_microseconds(CLOCK_THREAD_CPUTIME_ID) - start) / batch;
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 60;
  std::printf(
      "\n| client assertion, median of %d | EVP_DigestSign us | library us | ratio |\n|---|---|---|---|\n",
      rounds);
  std::string goals;
  for (const Row& row : rows) {
    const Pkey key = make_key(row.algorithm);
    const SigningKey ours = read_key(key.get());
    EVP_MD* const digest = row.digest == nullptr ? nullptr : EVP_MD_fetch(nullptr, row.digest, nullptr);
    const TokenClient client(
        {.token_endpoint = endpoint,
         .authentication = PrivateKeyJwt{
             .client_id = "a-client-of-usual-length", .key = ours, .assertion = {.key_id = "key-1"}}});
    std::vector<double> theirs_us;
    std::vector<double> ours_us;
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
      theirs_us.push_back(microseconds(row.batch, [&] { sign_directly(key.get(), digest); }));
      ours_us.push_back(microseconds(row.batch, [&] {
        if (!client.client_assertion()) give_up("the library makes no assertion");
      }));
      ratios.push_back(ours_us.back() / theirs_us.back());
    }
    EVP_MD_free(digest);
    const double ratio = median(ratios);
    std::printf("| %s | %.1f | %.1f | %.3f |\n", row.algorithm, median(theirs_us), median(ours_us), ratio);
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(),
                  "goal 12: %s with a kept key against EVP_DigestSign: %.3f x, goal %.2f x: %s\n",
                  row.algorithm, ratio, row.goal, ratio <= row.goal ? "met" : "NOT MET");
    goals += line.data();
  }
  std::printf("\n%s", goals.c_str());
}
