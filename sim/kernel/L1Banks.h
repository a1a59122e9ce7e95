// The banks of an L1 and the runs on them, cycle by cycle as rules A2 and A3 say, but not one by one: a client alone
// goes in one stride to the next start or end; where clients meet, their joint state is looked for in what came before,
// and what lies between two equal states is repeated as often as nothing new can happen.
#pragma once

#include "sim/kernel/L1Run.h"

namespace garam::sim {

/// Cycles in which a client was refused.
struct L1Slips {
  int64_t operand = 0, output = 0;
};

struct L1Ended {
  L1Run *run;
  L1Slips slips; ///< of its client since a run of the client ended before
};

class L1Banks {
public:
  L1Banks(const rt::L1Params &l1, const rt::MatrixParams &matrix) : matrix(matrix), map(l1) {}

  /// The run of an engine starts in no cycle that has been played. Of what nobody holds up, the cycles that have been
  /// played are past; false, and the run is not kept, if all of it is.
  bool add(L1Run *run);
  /// Plays the cycles up to and including `last`. Runs that made their last step are appended to `ended`, with clients
  /// in their order where they end in one cycle.
  void play(int64_t last, std::vector<L1Ended> &ended);
  /// Plays on, as if no other run came, up to and including the first cycle in which a run of an engine ends, and gives
  /// that cycle. Then either `keep` or `takeBack`; the runs in `ended` stay as they are until then.
  int64_t playAhead(std::vector<L1Ended> &ended);
  void keep() { saved.runs.clear(); }
  /// Back to where `playAhead` began.
  void takeBack();
  /// Whether a run of an engine has not ended.
  bool engines() const {
    for (size_t c = 1; c < clients.size(); ++c)
      if (!clients[c].runs.empty())
        return true;
    return false;
  }
  /// No run of an engine ends before this cycle; a cycle that never comes if there is none.
  int64_t soonestEnd() const;
  /// Cycles that had to be worked out one by one.
  int64_t stepped() const { return steps; }

private:
  struct Client {
    std::vector<L1Run *> runs, live; ///< all; those that make steps now
    L1Slips slips;
    BankMask reads, writes; ///< banks of the present step
  };

  /// A state of the overlap that a later one may be equal to.
  struct Snapshot {
    static constexpr size_t kMost = 12;
    size_t runs = 0; ///< 0: none
    std::array<L1Run *, kMost> run;
    /// `match`: the first position at or after the present one that is whole periods after `position`.
    std::array<int64_t, kMost> position, period, match, limit;
    std::array<L1Slips, kL1Clients> slips;
  };

  /// What `playAhead` began with.
  struct Saved {
    struct Place {
      L1Run *run;
      int64_t pass, position;
    };
    std::vector<Place> runs;
    std::array<L1Slips, kL1Clients> slips;
    int64_t next;
  };

  void playOn(int64_t last, bool untilEnd, std::vector<L1Ended> &ended);
  void stride(Client &client, int64_t cycles);
  /// `kOne`: the banks fit into a word.
  template <bool kOne> void overlap(int64_t until, std::vector<L1Ended> &ended);
  template <bool kOne> bool step(Client &client, BankMask &taken);
  template <bool kOne> void look(Client &client);
  bool finish(Client &client, std::vector<L1Ended> &ended);
  void snap();
  bool repeat(int64_t until);
  bool startsAt(int64_t cycle) const;
  const rt::MatrixParams &matrix;
  const BankMap map;
  std::array<Client, kL1Clients> clients;
  Snapshot seen;
  Saved saved;
  bool disturbed = true; ///< other runs or other pieces than those of `seen`
  int64_t since = 0;     ///< cycles of the present overlap since `seen`, or since it began
  int64_t patience = 0;  ///< cycles after which another state is kept
  int64_t next = 0;      ///< first cycle that has not been played
  int64_t steps = 0;     ///< cycles worked out one by one
};

} // namespace garam::sim
