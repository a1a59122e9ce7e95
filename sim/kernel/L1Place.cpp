#include "sim/kernel/L1Place.h"

#include <algorithm>
#include <numeric>

namespace garam::sim {
namespace {

constexpr int64_t kLongestPeriod = 1 << 16;

bool oneRow(const L1Stream &stream) { return stream.inner == 1 || stream.count <= stream.inner; }
/// Bytes from an access to the next one of a stream that is one row of accesses.
int64_t strideOf(const L1Stream &stream) { return stream.inner == 1 ? stream.outerStride : stream.innerStride; }

int64_t regularAccesses(const L1Stream &stream) {
  if (stream.inner > 1 && oneRow(stream)) {
    if (stream.innerStride <= 0)
      return stream.rowBytes >= stream.bytes ? stream.count : 0;
    const int64_t whole = stream.rowBytes - stream.bytes;
    return whole < 0 ? 0 : std::min(stream.count, whole / stream.innerStride + 1);
  }
  return std::min(stream.count, stream.inner * (stream.rows == 1 ? stream.totalRows : stream.totalRows / stream.rows));
}

/// Accesses after which the banks repeat.
int64_t periodOf(const BankMap &map, const L1Stream &stream) {
  if (oneRow(stream))
    return map.turnBytes() / std::gcd(strideOf(stream), map.turnBytes());
  return stream.inner * (map.turnBytes() / std::gcd(stream.outerStride, map.turnBytes()));
}

} // namespace

void L1Place::put(const BankMap &map, const L1Piece &piece, int64_t position) {
  for (int s = 0; s < piece.streams; ++s) {
    const L1Stream &stream = piece.stream[size_t(s)];
    Access &own = at[size_t(s)];
    const int64_t since = std::max<int64_t>(0, position - stream.phase);
    own.access = stream.every == 1 ? since : (since + stream.every - 1) / stream.every;
    own.step = own.access < stream.count ? stream.phase + own.access * stream.every : kNeverStep;
    own.regular = regularAccesses(stream);
    own.turn = oneRow(stream) ? map.turnOf(strideOf(stream)) : -1;
    if (map.words() == 1 && own.step != kNeverStep)
      own.mask = maskOf(map, stream, own.access);
  }
}

int64_t L1Place::period(const BankMap &map, const L1Piece &piece) {
  int64_t period = 1;
  for (int s = 0; s < piece.streams && period <= kLongestPeriod; ++s)
    period = std::lcm(period, piece.stream[size_t(s)].every * periodOf(map, piece.stream[size_t(s)]));
  return period <= kLongestPeriod ? period : 0;
}

int64_t L1Place::limit(const L1Piece &piece, int64_t position) const {
  int64_t limit = piece.steps;
  for (int s = 0; s < piece.streams; ++s) {
    const L1Stream &stream = piece.stream[size_t(s)];
    const Access &own = at[size_t(s)];
    if (own.step == kNeverStep)
      continue;
    if (own.access >= own.regular)
      return position;
    limit = std::min(limit, stream.phase + own.regular * stream.every);
  }
  return limit;
}

} // namespace garam::sim
