// Where a run is in its piece, stream by stream, and how its steps repeat.
//
// Addresses count modulo the bytes of one turn through all banks, so an arithmetic progression of them repeats its
// banks. The accesses of a stream are *regular* up to the first that is cut short at the end of its rows; from one
// regular access to the next the banks turn by a fixed number, or repeat after a fixed number of accesses.
#pragma once

#include "sim/kernel/L1Stream.h"

namespace garam::sim {

class L1Place {
public:
  /// Puts every stream of the piece to its first access at or after step `position`.
  void put(const BankMap &map, const L1Piece &piece, int64_t position);
  /// Adds the banks of the present step, `position`.
  void add(const BankMap &map, const L1Piece &piece, int64_t position, BankMask &reads, BankMask &writes) const {
    for (int s = 0; s < piece.streams; ++s)
      if (at[size_t(s)].step == position) {
        BankMask &mask = piece.stream[size_t(s)].write ? writes : reads;
        if (map.words() == 1)
          mask.words[0] |= at[size_t(s)].mask;
        else
          addAccess(map, piece.stream[size_t(s)], at[size_t(s)].access, mask);
      }
  }
  /// The step is made: on to `position`.
  void advance(const BankMap &map, const L1Piece &piece, int64_t position) {
    for (int s = 0; s < piece.streams; ++s)
      if (at[size_t(s)].step < position)
        next(map, piece.stream[size_t(s)], at[size_t(s)]);
  }

  /// Steps after which the banks repeat, while all is regular; 0: too many to be worth looking for.
  static int64_t period(const BankMap &map, const L1Piece &piece);
  /// Steps before this one are made of regular accesses as the present one is; at most the steps of the piece.
  int64_t limit(const L1Piece &piece, int64_t position) const;

private:
  struct Access {
    int64_t step, access; ///< the next one; a step that is never reached if there is none
    uint64_t mask;        ///< its banks, if they fit
    int64_t regular;      ///< accesses below it are
    int64_t turn;         ///< banks from a regular access to the next one; -1: to be worked out
  };
  std::array<Access, 6> at;

  static void next(const BankMap &map, const L1Stream &stream, Access &own);
};

} // namespace garam::sim
