"""lit over tests/dialects and tests/lowering: `lit build/tests`, or `lit tests/dialects --param bin=DIR` with the tools of DIR."""
import os

import lit.formats

root = os.path.dirname(os.path.abspath(__file__))
config.name = "garam"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["inputs", "python", "e2e"]
config.test_source_root = root
tools = os.path.abspath(lit_config.params.get("bin", os.path.join(root, "..", "build", "bin")))
if not os.path.exists(os.path.join(tools, "garam-opt")):
    lit_config.fatal(f"{tools}: no garam-opt; build it, or say where with --param bin=DIR")
config.test_exec_root = os.path.join(os.path.dirname(tools), "tests")
config.environment["PATH"] = os.pathsep.join([tools, "/usr/lib/llvm-22/bin", config.environment.get("PATH", "")])
