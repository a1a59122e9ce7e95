"""What the package raises. Every message is one line: `WHERE: WHAT; ALLOWED`."""


class InputError(ValueError):
    """What the reader gave is wrong: a chip, a program, a model, an option."""


class MachineError(RuntimeError):
    """The program did what the instruction set leaves undefined, or the simulator found a mistake of its own."""


def input_error(where: str, what: str, allowed: str = "") -> InputError:
    """The error of this one form that the whole project uses."""
    text = f"{where}: {what}; {allowed}" if allowed else f"{where}: {what}"
    return InputError(" ".join(text.split()))
