"""The one error that a user of Pascaline is meant to read."""

__all__ = ["LONGEST", "InputError", "brief", "one_line", "printable", "said"]

LONGEST = 600
"""Characters of a rule, which may have a list in it."""

PATH = 4096
"""Characters of a path; what has more cannot be one, and is cut."""

MOST = PATH + LONGEST + 1000
"""Characters of a line."""

SAID = 400
"""Characters of what a library says."""


def brief(text: str, most: int = 40) -> str:
    """The text, or its beginning if it is longer than ``most`` characters."""
    return text if len(text) <= most else text[:most] + "..."


def said(error: Exception) -> str:
    """What a library says is wrong, cut."""
    return brief(str(error), SAID)


def printable(text: str) -> str:
    """The text, with what cannot be printed escaped; ends of lines can be."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def one_line(text: str) -> str:
    """The text in one line that can be printed, cut if it is very long."""
    return printable(" ".join(brief(text, MOST).split()))


class InputError(ValueError):
    """Something from outside (a file, an option, a machine) breaks a rule.

    The text is one line that names the thing, the rule and the value; the command line prints it as
    it stands and exits with status 2. What cannot be printed is escaped.

    Parameters
    ----------
    thing : str
        What is wrong: a path, a field, an option.
    rule : str
        What it must be, as a phrase that follows the name.
    value : object, optional
        What it is instead; left out where there is nothing to show.

    Examples
    --------
    >>> raise InputError("units", "must be positive", 0)
    Traceback (most recent call last):
    ...
    pascaline.spec.errors.InputError: units: must be positive, not 0
    """

    def __init__(self, thing: str, rule: str, value: object = None) -> None:
        self.thing = thing
        self.rule = rule
        self.value = value
        # A path is told whole; names in a file can be of any length.
        path, colon, inside = thing.partition(": ")
        path = path if len(path) <= PATH else brief(path)
        text = f"{path}{colon}{brief(inside, SAID)}: {brief(rule, LONGEST)}"
        if value is not None:
            shown = repr(value) if isinstance(value, str) else str(value)
            text += f", not {brief(shown, SAID)}"
        super().__init__(one_line(text))

    def __reduce__(self) -> tuple[object, ...]:
        # By itself an exception is made again from its text alone, and a pool of processes whose
        # worker gives such a one away breaks.
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[InputError], args: tuple[object, ...], fields: dict[str, object]) -> object:
    """An error as it was in another process; kinds of it may have other parameters."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error
