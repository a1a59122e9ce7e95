#include "sim/kernel/L1Banks.h"

#include <algorithm>
#include <limits>

namespace garam::sim {
namespace {

constexpr int64_t kNeverCycle = std::numeric_limits<int64_t>::max() / 4;
constexpr int64_t kFirstPatience = 8;

} // namespace

bool L1Banks::add(L1Run *run) {
  if (run->client == L1Client::Dma && run->start < next) {
    run->position += next - run->start;
    if (run->position >= run->piece.steps)
      return false;
  }
  run->placed = false;
  disturbed = true;
  clients[size_t(run->client)].runs.push_back(run);
  return true;
}

void L1Banks::play(int64_t last, std::vector<L1Ended> &ended) { playOn(last, false, ended); }

int64_t L1Banks::playAhead(std::vector<L1Ended> &ended) {
  for (size_t c = 0; c < clients.size(); ++c) {
    saved.slips[c] = clients[c].slips;
    for (L1Run *run : clients[c].runs)
      saved.runs.push_back({run, run->pass, run->position});
  }
  saved.next = next;
  playOn(kNeverCycle, true, ended);
  return next - 1;
}

void L1Banks::takeBack() {
  for (size_t c = 0; c < clients.size(); ++c) {
    clients[c].slips = saved.slips[c];
    clients[c].runs.clear();
  }
  for (const Saved::Place &own : saved.runs) {
    L1Run &run = *own.run;
    if (run.pass != own.pass) {
      run.pass = own.pass - 1;
      nextPass(matrix, run);
    }
    run.position = own.position;
    run.placed = false;
    clients[size_t(run.client)].runs.push_back(&run);
  }
  next = saved.next;
  disturbed = true;
  saved.runs.clear();
}

void L1Banks::playOn(int64_t last, bool untilEnd, std::vector<L1Ended> &ended) {
  auto over = [](const L1Ended &own) { return own.run->client != L1Client::Dma; };
  while (next <= last && !(untilEnd && std::any_of(ended.begin(), ended.end(), over))) {
    int count = 0;
    Client *only = nullptr;
    int64_t until = last + 1;
    for (Client &client : clients) {
      client.live.clear();
      for (L1Run *run : client.runs)
        if (run->start > next)
          until = std::min(until, run->start);
        else
          client.live.push_back(run);
      if (!client.live.empty()) {
        ++count;
        only = &client;
      }
    }
    if (count == 0) {
      next = until;
      disturbed = true;
    } else if (count > 1) {
      map.words() == 1 ? overlap<true>(until, ended) : overlap<false>(until, ended);
    } else {
      for (const L1Run *run : only->live)
        until = std::min(until, next + run->piece.steps - run->position);
      stride(*only, until - next);
      next = until;
      disturbed = true;
      finish(*only, ended);
    }
  }
}

/// Alone, nothing holds a client.
void L1Banks::stride(Client &client, int64_t cycles) {
  for (L1Run *run : client.live) {
    run->position += cycles;
    run->placed = false;
  }
}

/// Ends runs and takes up the next pieces; true if what is live is another set now.
bool L1Banks::finish(Client &client, std::vector<L1Ended> &ended) {
  bool changed = false;
  for (L1Run *run : client.live) {
    if (run->position < run->piece.steps)
      continue;
    changed = true;
    run->placed = false;
    if (nextPass(matrix, *run))
      continue;
    ended.push_back({run, client.slips});
    client.slips = {};
    std::erase(client.runs, run);
  }
  return changed;
}

/// The banks of a client's present step.
template <bool kOne> void L1Banks::look(Client &client) {
  client.reads.clear(kOne ? 1 : map.words());
  client.writes.clear(kOne ? 1 : map.words());
  for (L1Run *run : client.live) {
    if (!run->placed)
      run->place.put(map, run->piece, run->position);
    run->placed = true;
    run->place.add<kOne, false>(map, run->piece, run->position, client.reads, client.writes);
  }
}

/// One cycle of one client; true if a piece is at its end.
template <bool kOne> bool L1Banks::step(Client &client, BankMask &taken) {
  const size_t words = kOne ? 1 : map.words();
  auto meets = [&](const BankMask &mask) {
    for (size_t w = 0; w < words; ++w)
      if (mask.words[w] & taken.words[w])
        return true;
    return false;
  };
  if (&client != &clients.front()) {
    if (meets(client.reads)) {
      ++client.slips.operand;
      return false;
    }
    if (meets(client.writes)) {
      ++client.slips.output;
      return false;
    }
  }
  for (size_t w = 0; w < words; ++w)
    taken.words[w] |= client.reads.words[w] | client.writes.words[w];
  client.reads.clear(words);
  client.writes.clear(words);
  bool end = false;
  for (L1Run *run : client.live) {
    run->place.add<kOne, true>(map, run->piece, ++run->position, client.reads, client.writes);
    end |= run->position == run->piece.steps;
  }
  return end;
}

/// Cycles in which several clients want the banks, until one of their pieces ends.
template <bool kOne> void L1Banks::overlap(int64_t until, std::vector<L1Ended> &ended) {
  for (Client &client : clients)
    look<kOne>(client);
  if (disturbed) {
    seen.runs = 0;
    since = 0;
    patience = kFirstPatience;
    disturbed = false;
  }
  while (next < until) {
    BankMask taken;
    taken.clear(kOne ? 1 : map.words());
    bool changed = false;
    ++next;
    ++steps;
    for (Client &client : clients)
      if (!client.live.empty() && step<kOne>(client, taken))
        changed |= finish(client, ended);
    if (changed) {
      disturbed = true;
      return;
    }
    ++since;
    if ((seen.runs || since == patience) && repeat(until))
      for (Client &client : clients)
        look<kOne>(client);
  }
  // A run may start now.
  disturbed |= startsAt(next);
}

bool L1Banks::startsAt(int64_t cycle) const {
  for (const Client &client : clients)
    for (const L1Run *run : client.runs)
      if (run->start == cycle)
        return true;
  return false;
}

/// Keeps the present state, if it can come back soon enough.
void L1Banks::snap() {
  since = 0;
  seen.runs = 0;
  size_t runs = 0;
  for (size_t c = 0; c < clients.size(); ++c) {
    seen.slips[c] = clients[c].slips;
    for (L1Run *run : clients[c].live) {
      if (run->piece.period == L1Piece::kUnknown)
        run->piece.period = L1Place::period(map, run->piece);
      const int64_t period = runs < Snapshot::kMost ? run->piece.period : 0;
      if (!period)
        return;
      seen.run[runs] = run;
      seen.position[runs] = seen.match[runs] = run->position;
      seen.period[runs] = period;
      seen.limit[runs] = run->place.limit(run->piece, run->position);
      ++runs;
    }
  }
  seen.runs = runs;
}

/// If this is the state that was seen, and as far as all accesses stay regular, goes on by whole periods; true if it
/// did.
bool L1Banks::repeat(int64_t until) {
  bool same = seen.runs;
  for (size_t i = 0; i < seen.runs; ++i) {
    const int64_t position = seen.run[i]->position;
    while (seen.match[i] < position)
      seen.match[i] += seen.period[i];
    same &= seen.match[i] == position;
  }
  if (!same) {
    // Later and later: a state of the circle that the machine enters is caught after at most two turns.
    if (since == patience) {
      patience *= 2;
      snap();
    }
    return false;
  }
  int64_t times = (until - next) / since;
  for (size_t i = 0; i < seen.runs; ++i) {
    const L1Run &run = *seen.run[i];
    // A step that is refused is looked at again: the last one too must be a regular one.
    if (const int64_t steps = run.position - seen.position[i])
      times = std::min(times, (seen.limit[i] - 1 - run.position) / steps);
  }
  if (times > 0) {
    for (size_t i = 0; i < seen.runs; ++i) {
      L1Run &run = *seen.run[i];
      run.position += times * (run.position - seen.position[i]);
      run.place.put(map, run.piece, run.position);
    }
    for (size_t c = 0; c < clients.size(); ++c) {
      L1Slips &slips = clients[c].slips;
      slips.operand += times * (slips.operand - seen.slips[c].operand);
      slips.output += times * (slips.output - seen.slips[c].output);
    }
    next += times * since;
  }
  snap();
  return times > 0;
}

int64_t L1Banks::soonestEnd() const {
  int64_t soonest = kNeverCycle;
  for (size_t c = 1; c < clients.size(); ++c)
    for (const L1Run *run : clients[c].runs)
      soonest = std::min(soonest, std::max(run->start, next) + run->piece.steps - run->position - 1);
  return soonest;
}

} // namespace garam::sim
