"""The command line. A command is one module here with `NAME`, `HELP`, `add(parser)` and `run(arguments)`."""
from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from ..errors import InputError, MachineError
from ..files import check_writable


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: what was asked did not hold; 2: bad input, told in one line."""
    # What PyTorch and Transformers say about each other is no news to the reader of a table.
    warnings.simplefilter("ignore")
    try:
        from .parser import parse

        parsed = parse(sys.argv[1:] if arguments is None else list(arguments))
        _check_outputs(parsed)
        status = parsed.command(parsed)
        sys.stdout.flush()
        return status
    except (InputError, MachineError) as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader of a pipe left; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}; a file that can be read and a folder that can be written")
    except KeyboardInterrupt:
        return 130


#: Attributes of the arguments that name a file to be written.
OUTPUTS = ("json", "output", "outputs", "trace", "report", "emit_to", "reproducer")


def _check_outputs(parsed: argparse.Namespace) -> None:
    """A run may take long; that its result has no place is said first."""
    for name in OUTPUTS:
        path = getattr(parsed, name, None)
        if path and path != "-":
            check_writable(path)


def _fail(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
