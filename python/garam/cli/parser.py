"""Arguments, with errors in the project's one form."""
from __future__ import annotations

import argparse
import re
from importlib import import_module
from typing import Any, NoReturn

from .. import __version__
from ..dtypes import MLIR_NAMES, compute_dtype
from ..errors import InputError, input_error

#: Modules of this package, in the order of the help.
COMMANDS = ("chips", "models", "compile", "run", "validate", "op", "compare", "report", "trace", "reference", "explain", "generate")


class Parser(argparse.ArgumentParser):
    """Raises InputError where argparse would print its usage and exit."""

    def __init__(self, **keywords: Any):
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **keywords)
        self.commands: dict[str, Parser] = {}

    def error(self, message: str) -> NoReturn:
        raise _translated(message, self)

    def options(self) -> str:
        named = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
        return f"{self.prog} takes {', '.join(named)}"


def _translated(message: str, parser: Parser) -> Exception:
    found = re.match(r"argument (?P<where>[^:]+): invalid choice: (?P<what>.+?) \(choose from (?P<allowed>.*)\)$", message)
    if found:
        where = found["where"].split("/")[-1].split(" ")[0]
        return input_error(where, f"unknown value {found['what']}", found["allowed"].replace("'", ""))
    found = re.match(r"the following arguments are required: (?P<names>.*)$", message)
    if found:
        return input_error(found["names"].split(", ")[0], "missing", f"{parser.prog} --help says what it takes")
    found = re.match(r"argument (?P<where>[^:]+): (?P<what>.*)$", message)
    if found:
        what, _, allowed = found["what"].partition("; ")
        return input_error(found["where"].split("/")[-1], what, allowed or f"{parser.prog} --help says what it takes")
    return input_error("arguments", message, f"{parser.prog} --help says what there is")


def build() -> Parser:
    top = Parser(prog="garam", description="Compile transformers for NPUs and simulate them: values and cycles.",
                 epilog="`garam COMMAND --help` shows what a command takes.")
    top.add_argument("--version", action="version", version=f"garam {__version__}")
    commands = top.add_subparsers(dest="name", metavar="COMMAND", required=True, parser_class=Parser)
    for name in COMMANDS:
        module = import_module(f".{name}", __package__)
        parser = commands.add_parser(name, help=module.HELP, description=module.HELP + ".")
        parser.add_argument("--json", metavar="FILE", help="machine-readable result; - is standard output")
        module.add(parser)
        parser.set_defaults(command=module.run, parser=parser, disabled=[])
        top.commands[name] = parser
    return top


def parse(arguments: list[str]) -> argparse.Namespace:
    for argument in arguments:
        if argument.encode(errors="replace").decode() != argument:
            raise input_error(argument.encode("utf-8", "backslashreplace").decode(), "is no text in UTF-8", "arguments in UTF-8")
    top = build()
    _refuse_unknown(top, arguments)
    parsed, rest = top.parse_known_args(arguments)
    for argument in rest:
        if not (argument.startswith("--no-") and hasattr(parsed, "mapping")):
            what = "unknown option" if argument.startswith("-") else "unexpected argument"
            raise input_error(argument.split("=")[0], what, parsed.parser.options())
        parsed.disabled.append(_optimisation(argument))
    return parsed


def _refuse_unknown(top: Parser, arguments: list[str]) -> None:
    """A misspelt option is named before anything that is missing because of it."""
    parser = top.commands.get(arguments[0]) if arguments else None
    if parser is None:
        return
    for argument in arguments[1:]:
        name = argument.split("=")[0]
        if name.startswith("--") and name != "--" and not name.startswith("--no-") and name not in parser._option_string_actions:
            raise input_error(name, "unknown option", parser.options())
        if argument == f"{name}=--":  # argparse drops it and gives a list
            raise input_error(name, "unknown value '--'", f"{parser.prog} --help says what it takes")


def _optimisation(argument: str) -> str:
    from .. import _compiler

    known = _compiler.optimisations()
    name = argument.removeprefix("--no-")
    if name not in known:
        raise input_error(argument, "no optimisation of this name", ", ".join(f"--no-{entry}" for entry in known) or "there are none")
    return name


def positive(text: str) -> int:
    """A whole number above zero."""
    return _whole(text, 1)


def not_negative(text: str) -> int:
    return _whole(text, 0)


def dtype_name(text: str) -> str:
    """A type by the command line's name or PyTorch's; the command line's is given."""
    if text in MLIR_NAMES:
        return text
    try:
        return compute_dtype(text)
    except InputError:
        raise argparse.ArgumentTypeError(f"unknown value '{text}'; {', '.join(MLIR_NAMES)}") from None


def compute_type(text: str) -> str:
    try:
        return compute_dtype(text)
    except InputError:
        raise argparse.ArgumentTypeError(f"unknown value '{text}'; bf16, f16, f32") from None


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number; {least} or more") from None
    if value < least:
        raise argparse.ArgumentTypeError(f"{value} is less than {least}; {least} or more")
    return value

