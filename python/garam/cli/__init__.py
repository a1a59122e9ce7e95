"""The command line. A command is one module here with `NAME`, `HELP`, `add(parser)` and `run(arguments)`."""
from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from ..errors import InputError, InternalError, MachineError, input_error, one_line
from ..faults import debugging, fault
from ..files import check_writable
from .console import remarks, tell
from .supervisor import supervised


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: what was asked did not hold; 2: bad input, told in one line; 3: a fault of Garam's own, told in one line."""
    if arguments is not None or debugging():
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    return supervised(lambda: _run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    # What PyTorch and Transformers say about each other is no news to the reader of a table.
    warnings.simplefilter("ignore")
    parsed = argparse.Namespace()
    remarks.clear()
    try:
        from .parser import parse

        parsed = parse(arguments)
        check_outputs(parsed)
        status = parsed.command(parsed)
        sys.stdout.flush()
        tell()
        return status
    except InputError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader of a pipe left; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = error.filename or "file"
        return _fail(f"{place}: {error.strerror or error}; a file that can be read and a folder that can be written")
    except KeyboardInterrupt:
        return 130
    except MachineError as error:
        # Text and programs may be the reader's own; of a model Garam made both.
        return _fail(str(error)) if _brings_code(parsed) else _fault(error)
    except Exception as error:
        return _no_memory() if _wants_memory(error) else _fault(error)


def _brings_code(parsed: argparse.Namespace) -> bool:
    return str(getattr(parsed, "model", "")).endswith((".mlir", ".garam"))


def _wants_memory(error: Exception) -> bool:
    """PyTorch has no type of its own for it."""
    return isinstance(error, MemoryError) or isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _no_memory() -> int:
    return _fail("memory: there is not enough for this; a smaller batch, length or model")


#: Attributes of the arguments that name a file to be written, and their options.
OUTPUTS = {"json": "--json", "output": "-o", "outputs": "--outputs", "trace": "--trace", "report": "--report", "emit_to": "--emit-to",
           "reproducer": "--reproducer"}


def check_outputs(parsed: argparse.Namespace) -> None:
    """A run may take long; that its result has no place, or the place of another, is said first."""
    taken: dict[str, str] = {}
    for name, option in OUTPUTS.items():
        path = getattr(parsed, name, None)
        if path is None or path == "-":
            continue
        check_writable(path)
        place = os.path.realpath(path)
        if os.path.exists(place) and not os.path.isfile(place):
            continue  # a device holds no file that the next could replace
        if place in taken:
            raise input_error(option, f"{path} is the file of {taken[place]} too", "a file for each")
        taken[place] = option


def _fail(message: str) -> int:
    if debugging():
        traceback.print_exc()
    print(f"error: {one_line(message)}", file=sys.stderr)
    return 2


def _fault(error: BaseException) -> int:
    _fail(str(error if isinstance(error, InternalError) else fault(error)))
    return 3


if __name__ == "__main__":
    sys.exit(main())
