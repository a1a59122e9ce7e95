// A checker of DRAM command logs that shares nothing with the controller: its rules are typed here, its values in
// JedecDevices.h, and it knows only what was issued when.
#pragma once

#include "JedecDevices.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace garam::jedec {

/// One line of a log. `halves`: half clocks at which the command begins.
struct Line {
  int64_t halves;
  std::string command;
  int pseudoChannel, stackId, group, bank, row, column;
};

class Checker {
public:
  explicit Checker(const Device &device) : d(device) {}

  /// Lines in time order. Gives the violations as text.
  const std::vector<std::string> &check(const std::vector<Line> &lines) {
    for (const Line &line : lines) {
      state(line);
      refreshDue(line);
      bus(line);
      timing(line);
      data(line);
      remember(line);
    }
    return found;
  }
  /// Names of the rules that were broken.
  const std::set<std::string> &broken() const { return rules; }

private:
  using Key = std::tuple<int, int, int, int>;
  const Device d;
  std::vector<std::string> found;
  std::set<std::string> rules;
  std::map<Key, int> openRow;                          ///< by bank
  std::map<std::pair<std::string, Key>, int64_t> last; ///< by command and place; -1 stands for `all`
  std::map<int, std::vector<int64_t>> activates;       ///< of a pseudo-channel, per-bank refreshes among them
  std::map<int, int64_t> busEnd;                       ///< 0: rows, 1: columns
  std::map<int, int64_t> dataEnd;
  std::map<std::pair<int, int>, int64_t> refreshes;          ///< by pseudo-channel and stack id
  std::map<std::pair<int, int>, std::vector<int>> refreshed; ///< banks, by pseudo-channel and stack id

  static bool isRow(const std::string &c) { return c == "ACT" || c[0] == 'P' || c.starts_with("REF"); }
  static bool isRead(const std::string &c) { return c == "RD" || c == "RDA"; }
  static bool isWrite(const std::string &c) { return c == "WR" || c == "WRA"; }
  Key bankKey(const Line &l) const { return {l.pseudoChannel, l.stackId, l.group, l.bank}; }

  void fail(const Line &l, const std::string &rule) {
    rules.insert(rule.substr(0, rule.find(" after ")));
    found.push_back(std::to_string(l.halves / 2.0) + " " + l.command + " pc" + std::to_string(l.pseudoChannel) +
                    " sid" + std::to_string(l.stackId) + " bg" + std::to_string(l.group) + " b" +
                    std::to_string(l.bank) + ": " + rule);
  }

  void state(const Line &l) {
    auto open = openRow.find(bankKey(l));
    bool isOpen = open != openRow.end();
    if (l.command == "ACT" && isOpen)
      fail(l, "activates an open bank");
    if ((isRead(l.command) || isWrite(l.command)) && (!isOpen || open->second != l.row))
      fail(l, "column of a row that is not open");
    if (l.command == "REFpb" && isOpen)
      fail(l, "refreshes an open bank");
    if (l.command == "REFab")
      for (const auto &[key, row] : openRow)
        if (std::get<0>(key) == l.pseudoChannel && std::get<1>(key) == l.stackId)
          fail(l, "refreshes a stack id with an open bank");
    if (l.command == "REFpb") {
      std::vector<int> &round = refreshed[{l.pseudoChannel, l.stackId}];
      int bank = l.group * d.banksPerGroup + l.bank;
      if (std::find(round.begin(), round.end(), bank) != round.end())
        fail(l, "refreshes a bank twice in a round");
      round.push_back(bank);
      if (int(round.size()) == d.groups * d.banksPerGroup)
        round.clear();
    }
  }

  /// Up to eight refreshes may be postponed, and the one that is due then is under way; the first falls due within two
  /// intervals. Where a log has all-bank refreshes, the interval is theirs.
  void refreshDue(const Line &l) {
    if (!l.command.starts_with("REF"))
      return;
    int64_t &count = refreshes[{l.pseudoChannel, l.stackId}];
    const double interval =
        2 * (l.command == "REFab" ? d.REFI : double(int64_t(d.REFI) / (d.groups * d.banksPerGroup)));
    if (double(l.halves) / interval - 2 - double(count) > 9)
      fail(l, "refresh is late");
    ++count;
  }

  void bus(const Line &l) {
    bool row = isRow(l.command);
    int64_t length = int64_t(2 * (row ? (l.command == "ACT" ? d.actClocks : d.rowClocks) : 1));
    int64_t &end = busEnd[d.oneBus || row ? 0 : 1];
    if (l.halves < end)
      fail(l, "command bus is taken");
    if (!row && l.halves % 2)
      fail(l, "column command off a rising edge");
    end = l.halves + length;
  }

  /// At least `clocks` since the last `before` at that place.
  void since(const Line &l, const char *before, Key place, double clocks, const char *rule) {
    auto at = last.find({before, place});
    if (at != last.end() && double(l.halves - at->second) < 2 * clocks)
      fail(l, std::string(rule) + " after " + before);
  }

  void timing(const Line &l) {
    const Key channel{l.pseudoChannel, -1, -1, -1}, sid{l.pseudoChannel, l.stackId, -1, -1},
        group{l.pseudoChannel, l.stackId, l.group, -1}, bank = bankKey(l);
    const double writeEnd = d.CWL + d.accessClocks;
    const std::string &c = l.command;
    if (c == "ACT" || c == "REFpb") {
      bool act = c == "ACT";
      for (const char *other : {"ACT", "REFpb"}) {
        since(l, other, channel, d.RRDS, "tRRD_S");
        since(l, other, group, d.RRDL, "tRRD_L");
      }
      since(l, "ACT", bank, d.RC, "tRC"), since(l, "PRE", bank, d.RP, "tRP"), since(l, "PREA", sid, d.RP, "tRP");
      since(l, "RDA", bank, d.RTP + d.RP, "tRTP + tRP"), since(l, "WRA", bank, writeEnd + d.WR + d.RP, "tWR + tRP");
      since(l, "REFab", sid, d.RFCAB, "tRFCab"), since(l, "REFpb", bank, d.RFCPB, "tRFCpb"),
          since(l, "REFpb", channel, d.RREFD, "tRREFD");
      const std::vector<int64_t> &acts = activates[l.pseudoChannel];
      if (acts.size() >= 4 && double(l.halves - acts[acts.size() - 4]) < 2 * d.FAW)
        fail(l, act ? "tFAW" : "tFAW of a refresh");
    }
    if (c == "REFab") {
      for (int g = 0; g < d.groups; ++g)
        for (int b = 0; b < d.banksPerGroup; ++b) {
          Key each{l.pseudoChannel, l.stackId, g, b};
          since(l, "ACT", each, d.RC, "tRC"), since(l, "PRE", each, d.RP, "tRP");
          since(l, "RDA", each, d.RTP + d.RP, "tRTP + tRP"), since(l, "WRA", each, writeEnd + d.WR + d.RP, "tWR + tRP");
        }
      since(l, "PREA", sid, d.RP, "tRP"), since(l, "REFab", sid, d.RFCAB, "tRFCab");
    }
    if (c == "PRE" || c == "PREA") {
      since(l, "PRE", channel, d.PPD, "tPPD"), since(l, "PREA", channel, d.PPD, "tPPD");
      for (int g = 0; g < d.groups; ++g)
        for (int b = 0; b < d.banksPerGroup; ++b) {
          if (c == "PRE" && (g != l.group || b != l.bank))
            continue;
          Key each{l.pseudoChannel, l.stackId, g, b};
          since(l, "ACT", each, d.RAS, "tRAS");
          for (const char *read : {"RD", "RDA"})
            since(l, read, each, d.RTP, "tRTP");
          for (const char *write : {"WR", "WRA"})
            since(l, write, each, writeEnd + d.WR, "tWR");
        }
      since(l, "REFab", sid, d.RFCAB, "tRFCab");
    }
    if (isRead(c) || isWrite(c)) {
      since(l, "ACT", bank, isRead(c) ? d.RCDRD : d.RCDWR, "tRCD");
      for (const char *read : {"RD", "RDA"}) {
        since(l, read, channel, isRead(c) ? d.CCDS : d.RTW, isRead(c) ? "tCCD_S" : "tRTW");
        if (isRead(c))
          since(l, read, group, d.CCDL, "tCCD_L");
      }
      for (const char *write : {"WR", "WRA"}) {
        since(l, write, channel, isWrite(c) ? d.CCDS : writeEnd + d.WTRS, isWrite(c) ? "tCCD_S" : "tWTR_S");
        since(l, write, group, isWrite(c) ? d.CCDL : writeEnd + d.WTRL, isWrite(c) ? "tCCD_L" : "tWTR_L");
      }
      for (int other = 0; other < 4; ++other)
        for (const char *column : {"RD", "RDA", "WR", "WRA"})
          if (other != l.stackId && isRead(c) == isRead(column))
            since(l, column, Key{l.pseudoChannel, other, -1, -1}, d.CCDR, "tCCD_R");
    }
  }

  void data(const Line &l) {
    if (isRow(l.command))
      return;
    int64_t begin = l.halves + int64_t(2 * (isRead(l.command) ? d.CL : d.CWL));
    auto &end = dataEnd[l.pseudoChannel];
    if (begin < end)
      fail(l, "data bus is taken");
    end = begin + int64_t(2 * d.accessClocks);
  }

  void remember(const Line &l) {
    for (Key place : {Key{l.pseudoChannel, -1, -1, -1}, Key{l.pseudoChannel, l.stackId, -1, -1},
                      Key{l.pseudoChannel, l.stackId, l.group, -1}, bankKey(l)})
      last[{l.command, place}] = l.halves;
    if (l.command == "ACT")
      openRow[bankKey(l)] = l.row;
    if (l.command == "ACT" || l.command == "REFpb")
      activates[l.pseudoChannel].push_back(l.halves);
    if (l.command == "PRE" || l.command == "RDA" || l.command == "WRA")
      openRow.erase(bankKey(l));
    if (l.command == "PREA")
      std::erase_if(openRow, [&](const auto &bank) {
        return std::get<0>(bank.first) == l.pseudoChannel && std::get<1>(bank.first) == l.stackId;
      });
  }
};

} // namespace garam::jedec
