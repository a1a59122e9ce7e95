// Our own mistakes are told in one line and keep a file; a reader's mistake in a text of any level stays the reader's.
#include "lowering/Faults.h"
#include "lowering/Pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace garam;

namespace {

std::string contentOf(const std::string &path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string pathOf(const char *name) {
  return (std::filesystem::temp_directory_path() / (std::string(name) + std::to_string(getpid()) + ".mlir")).string();
}

/// A kernel of which two cores write the same bytes.
constexpr const char *kRace = R"(
module {
  func.func private @k(%y: memref<8xf32, #tile.mem<hbm>> {tile.arg = "output"}) attributes {tile.kernel} {
    scf.forall (%core) in (2) {
      %0 = tile.alloc : memref<1x8xf32, #tile.mem<l1>>
      tile.map ins() outs(%0 : memref<1x8xf32, #tile.mem<l1>>) chain = <set 1.0>
      %1 = memref.reinterpret_cast %y to offset: [0], sizes: [1, 8], strides: [1, 1] : memref<8xf32, #tile.mem<hbm>> to memref<1x8xf32, strided<[1, 1]>, #tile.mem<hbm>>
      tile.store %0, %1 : memref<1x8xf32, #tile.mem<l1>>, memref<1x8xf32, strided<[1, 1]>, #tile.mem<hbm>>
    }
    return
  }
  func.func @main() {
    %0 = memref.alloc() : memref<8xf32, #tile.mem<hbm>>
    tile.launch @k(%0) : memref<8xf32, #tile.mem<hbm>>
    tile.output %0 {name = "y"} : memref<8xf32, #tile.mem<hbm>>
    return
  }
}
)";

CompileOptions optionsFor(const std::string &reproducer = "") {
  CompileOptions options;
  options.chip = "unit";
  options.reproducer = reproducer;
  return options;
}

} // namespace

TEST(Faults, WhatEndsTheBodyIsSaid) {
  EXPECT_EQ(endedBy([] {}), std::nullopt);
  for (int number : {SIGFPE, SIGSEGV, SIGABRT, SIGILL}) {
    std::optional<std::string> ended = endedBy([&] { raise(number); });
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, std::string("ended by a signal: ") + strsignal(number));
  }
  EXPECT_EQ(endedBy([] { throw std::out_of_range("index 7"); }), "index 7");
}

TEST(Faults, ErrorsOfTheReaderPass) {
  EXPECT_THROW((void)endedBy([] { throw rt::inputError("place", "is wrong", "allowed"); }), rt::Error);
}

TEST(Faults, ABodyMayHoldAnother) {
  std::optional<std::string> inner;
  EXPECT_EQ(endedBy([&] { inner = endedBy([] { raise(SIGFPE); }); }), std::nullopt);
  EXPECT_TRUE(inner);
}

TEST(Faults, SignalsAreTheProcessAgainAfterwards) {
  (void)endedBy([] { raise(SIGFPE); });
  EXPECT_EXIT(raise(SIGFPE), testing::KilledBySignal(SIGFPE), "");
}

TEST(Faults, AReproducerIsKeptWhereAsked) {
  const std::string path = pathOf("garam-kept");
  EXPECT_EQ(keepReproducer("what\nhappened", "module {}\n", path), path);
  const std::string text = contentOf(path);
  EXPECT_TRUE(text.starts_with("// ")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_TRUE(text.ends_with("module {}\n"));
  std::filesystem::remove(path);
}

TEST(Faults, AReproducerHasAFileOfItsOwn) {
  std::optional<std::string> first = keepReproducer("a", "module {}", ""), second = keepReproducer("a", "module {}", "");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  std::filesystem::remove(*first), std::filesystem::remove(*second);
  EXPECT_EQ(keepReproducer("a", "module {}", "/no/such/folder/file.mlir"), std::nullopt);
}

TEST(Faults, TheErrorNamesTheFile) {
  const Fault fault("layer0", "a race", "/tmp/kept.mlir");
  EXPECT_STREQ(fault.what(), "layer0: a race; a fault of Garam's own, /tmp/kept.mlir keeps what repeats it");
  EXPECT_EQ(fault.kind, rt::ErrorKind::Internal);
  EXPECT_STREQ(Fault("layer0", "a race", std::nullopt).what(),
               "layer0: a race; a fault of Garam's own, its reproducer could not be written");
}

TEST(Faults, AScheduleOfTheReaderThatIsRefusedIsNone) {
  const std::string path = pathOf("garam-race");
  try {
    compile(kRace, "race.mlir", optionsFor(path));
    FAIL() << "compiled";
  } catch (const Fault &fault) {
    FAIL() << fault.what();
  } catch (const rt::Error &error) {
    EXPECT_EQ(error.kind, rt::ErrorKind::Input);
    EXPECT_NE(std::string(error.what()).find("race"), std::string::npos) << error.what();
  }
  // What was kept, because it was asked for, is of the level before the one that failed, and fails in the same way.
  const std::string text = contentOf(path);
  EXPECT_NE(text.find("tile.store"), text.npos) << text;
  EXPECT_THROW(compile(text, path, optionsFor()), rt::Error);
  std::filesystem::remove(path);
}
