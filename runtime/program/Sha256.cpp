#include "runtime/program/Sha256.h"

#include "runtime/Error.h"

#include <openssl/evp.h>

#include <array>

namespace garam::rt {

std::string sha256(std::span<const uint8_t> bytes) {
  std::array<uint8_t, 32> digest;
  if (!EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr))
    throw Error(ErrorKind::Internal, "sha256", "libcrypto has no SHA-256");
  std::string text;
  for (uint8_t byte : digest)
    text += fmt::format("{:02x}", byte);
  return text;
}

} // namespace garam::rt
