// Where a run is in its piece, stream by stream, and how its steps repeat.
//
// Addresses count modulo the bytes of one turn through all banks, so an arithmetic progression of them repeats its
// banks. The accesses of a stream are *regular* up to the first that is cut short at the end of its rows; from one
// regular access to the next the banks turn by a fixed number, or repeat after a fixed number of accesses.
#pragma once

#include "sim/kernel/L1Stream.h"

#include <limits>

namespace garam::sim {

class L1Place {
public:
  /// Puts every stream of the piece to its first access at or after step `position`.
  void put(const BankMap &map, const L1Piece &piece, int64_t position);
  /// Adds the banks of step `position`, the present one or, if `kMove`, the next. `kOne`: they fit into a word.
  template <bool kOne, bool kMove>
  void add(const BankMap &map, const L1Piece &piece, int64_t position, BankMask &reads, BankMask &writes) {
    for (int s = 0; s < piece.streams; ++s) {
      const L1Stream &stream = piece.stream[size_t(s)];
      Access &own = at[size_t(s)];
      if (kMove && own.step < position)
        next<kOne>(map, stream, own);
      if (own.step != position)
        continue;
      BankMask &mask = stream.write ? writes : reads;
      if constexpr (kOne)
        mask.words[0] |= own.mask;
      else
        addAccess(map, stream, own.access, mask);
    }
  }

  /// Steps after which the banks repeat, while all is regular; 0: too many to be worth looking for.
  static int64_t period(const BankMap &map, const L1Piece &piece);
  /// Steps before this one are made of regular accesses as the present one is; at most the steps of the piece.
  int64_t limit(const L1Piece &piece, int64_t position) const;

private:
  static constexpr int64_t kNeverStep = std::numeric_limits<int64_t>::max() / 4;
  struct Access {
    int64_t step, access; ///< the next one; a step that is never reached if there is none
    uint64_t mask;        ///< its banks, if they fit
    int64_t regular;      ///< accesses below it are
    int64_t turn;         ///< banks from a regular access to the next one; -1: to be worked out
  };
  std::array<Access, 6> at;

  static uint64_t maskOf(const BankMap &map, const L1Stream &stream, int64_t access) {
    BankMask mask;
    mask.words[0] = 0;
    addAccess(map, stream, access, mask);
    return mask.words[0];
  }
  template <bool kOne> static void next(const BankMap &map, const L1Stream &stream, Access &own) {
    if (++own.access >= stream.count) {
      own.step = kNeverStep;
      return;
    }
    own.step += stream.every;
    if constexpr (kOne)
      own.mask =
          own.turn >= 0 && own.access < own.regular ? map.turned(own.mask, own.turn) : maskOf(map, stream, own.access);
  }
};

} // namespace garam::sim
