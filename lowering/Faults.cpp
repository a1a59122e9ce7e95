#include "lowering/Faults.h"

#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"

#include <cstring>
#include <exception>
#include <fstream>
#include <mutex>

using namespace mlir;

namespace garam {

namespace {
constexpr StringLiteral kLimit = "a limit of the compiler";

/// Signals are caught while any compile runs, and left to the process otherwise.
class Catching {
public:
  Catching() {
    const std::lock_guard lock(mutex);
    if (running++ == 0)
      llvm::CrashRecoveryContext::Enable();
  }
  ~Catching() {
    const std::lock_guard lock(mutex);
    if (--running == 0)
      llvm::CrashRecoveryContext::Disable();
  }

private:
  static inline std::mutex mutex;
  static inline int running = 0;
};
} // namespace

InFlightDiagnostic asLimit(InFlightDiagnostic error) {
  error.getUnderlyingDiagnostic()->getMetadata().push_back(DiagnosticArgument(kLimit));
  return error;
}

bool isLimit(Diagnostic &error) {
  return llvm::any_of(error.getMetadata(), [](DiagnosticArgument &argument) {
    return argument.getKind() == DiagnosticArgument::DiagnosticArgumentKind::String &&
           argument.getAsString() == kLimit;
  });
}

std::optional<std::string> endedBy(function_ref<void()> body) {
  std::exception_ptr thrown;
  const Catching catching;
  llvm::CrashRecoveryContext context;
  const bool ended = !context.RunSafely([&] {
    try {
      body();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  if (ended)
    return fmt::format("ended by a signal: {}", strsignal(context.RetCode - 128));
  if (!thrown)
    return std::nullopt;
  try {
    std::rethrow_exception(thrown);
  } catch (const rt::Error &) {
    throw;
  } catch (const std::exception &error) {
    return std::string(error.what());
  }
}

std::optional<std::string> keepReproducer(std::string_view what, std::string_view text, const std::string &path) {
  std::string target = path;
  if (target.empty()) {
    SmallString<128> own;
    if (llvm::sys::fs::createTemporaryFile("garam-fault", "mlir", own))
      return std::nullopt;
    target = own.str();
  }
  std::ofstream file(target, std::ios::binary);
  file << "// " << rt::printable(what) << '\n' << text;
  file.close();
  return file ? std::optional(target) : std::nullopt;
}

Fault::Fault(std::string_view where, std::string_view what, std::optional<std::string> reproducer)
    : rt::Error(rt::ErrorKind::Internal, where, what,
                reproducer ? fmt::format("a fault of Garam's own, {} keeps what repeats it", *reproducer)
                           : "a fault of Garam's own, its reproducer could not be written"),
      reproducer(std::move(reproducer)) {}

} // namespace garam
