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

enum class Refresh { None, PerBank, AllBank };

class Checker {
public:
  Checker(const Device &device, Refresh refresh) : d(device), refresh(refresh) {}

  /// Lines in time order. Gives the violations as text.
  const std::vector<std::string> &check(const std::vector<Line> &lines) {
    for (const Line &line : lines) {
      state(line);
      refreshDue(line);
      bus(line);
      edge(line);
      pair(line);
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
  const Refresh refresh;
  std::vector<std::string> found;
  std::set<std::string> rules;
  std::map<Key, int> openRow;                          ///< by bank
  std::map<std::pair<std::string, Key>, int64_t> last; ///< by command and place; -1 stands for `all`
  std::map<int, std::vector<Line>> activates;          ///< of a pseudo-channel, per-bank refreshes among them
  std::map<int, Line> lastRow;                         ///< row command of a pseudo-channel
  std::map<int, int64_t> busEnd;                       ///< 0: rows, 1: columns
  std::map<int, int64_t> dataEnd;
  std::map<std::pair<int, int>, int64_t> refreshes;          ///< by pseudo-channel and stack id
  std::map<std::pair<int, int>, std::vector<int>> refreshed; ///< banks, by pseudo-channel and stack id

  static bool isRow(const std::string &c) { return c == "ACT" || isPrecharge(c) || c.starts_with("REF"); }
  static bool isPrecharge(const std::string &c) { return c == "PRE" || c == "PREA"; }
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
  /// intervals. Asked for whatever a stack id is told.
  void refreshDue(const Line &l) {
    if (refresh == Refresh::None)
      return;
    int64_t &count = refreshes[{l.pseudoChannel, l.stackId}];
    const double interval =
        2 * (refresh == Refresh::AllBank ? d.REFI : double(int64_t(d.REFI) / (d.groups * d.banksPerGroup)));
    if (double(l.halves) / interval - 2 - double(count) > 9)
      fail(l, "refresh is late");
    count += l.command.starts_with("REF");
  }

  void bus(const Line &l) {
    int64_t &end = busEnd[d.oneBus || isRow(l.command) ? 0 : 1];
    if (l.halves < end)
      fail(l, "command bus is taken");
    end = l.halves + d.halves(l.command);
  }

  /// Commands start on the clock's rising edges; HBM3 takes precharges on falling ones too.
  void edge(const Line &l) {
    if (l.halves % 2 == 0 || (d.prechargesOnFalling && isPrecharge(l.command)))
      return;
    fail(l, isRow(l.command) ? "row command off a rising edge" : "column command off a rising edge");
  }

  /// A precharge on the falling edge that follows a row command which began on a rising one: in the same pseudo-channel
  /// the first must not be for all banks, nor the precharge, and both must be for different banks.
  void pair(const Line &l) {
    const auto before = lastRow.find(l.pseudoChannel);
    if (!isPrecharge(l.command) || l.halves % 2 == 0 || before == lastRow.end())
      return;
    const Line &first = before->second;
    if (first.halves % 2 || first.halves + d.halves(first.command) != l.halves)
      return;
    if (first.command == "PREA" || first.command == "REFab")
      fail(l, "paired with an all-bank command");
    else if (l.command == "PREA")
      fail(l, "all-bank precharge in a pair");
    else if (bankKey(first) == bankKey(l))
      fail(l, "paired with a command of its bank");
  }

  /// At least `clocks` since the last `before` at that place, from the first edge of one to that of the other, and from
  /// the last edge to the last.
  void since(const Line &l, const char *before, Key place, double clocks, const char *rule) {
    auto at = last.find({before, place});
    if (at != last.end() && double(l.halves - at->second) < d.least(clocks, before, l.command))
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
      const std::vector<Line> &acts = activates[l.pseudoChannel];
      if (acts.size() >= 4)
        if (const Line &first = acts[acts.size() - 4];
            double(l.halves - first.halves) < d.least(d.FAW, first.command, c))
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
      activates[l.pseudoChannel].push_back(l);
    if (isRow(l.command))
      lastRow[l.pseudoChannel] = l;
    if (l.command == "PRE" || l.command == "RDA" || l.command == "WRA")
      openRow.erase(bankKey(l));
    if (l.command == "PREA")
      std::erase_if(openRow, [&](const auto &bank) {
        return std::get<0>(bank.first) == l.pseudoChannel && std::get<1>(bank.first) == l.stackId;
      });
  }
};

} // namespace garam::jedec
