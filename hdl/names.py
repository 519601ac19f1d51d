"""Plain names in the Verilog: no escaped identifier, no keyword of Verilog or SystemVerilog."""

import re
from collections.abc import Collection

from pascaline.spec.errors import InputError
from pascaline.spec.keywords import KEYWORDS

__all__ = ["plain_names", "prefixed"]

WRITTEN = frozenset(
    "always assign begin case casez default else end endcase endfunction endmodule function if"
    " initial input module or output posedge reg signed wire".split()
)
"""Keywords that Yosys writes as such; any other one in its text is a name that is not escaped."""

MODULE = re.compile(r"^(module )(\w+)(?=\()|^(  )(\w+)(?= \w+ \($)", re.MULTILINE)
"""Where the name of a module is: where it begins, and at its instances."""


def plain_names(text: str) -> tuple[str, dict[str, str]]:
    r"""Replace escaped identifiers (``\top.lanes``) and keywords used as names.

    Different names stay different; the same text gives the same names.

    Returns
    -------
    str
        The text.
    dict of str to str
        The plain names by those that they replace.
    """
    word = re.compile(r"\\(?P<escaped>\S+) |(?<![\w'$.])(?P<plain>[A-Za-z_][\w$]*)")
    taken = {match["plain"] for match in word.finditer(text)} | KEYWORDS
    plain: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        name = match["escaped"] or match["plain"]
        if match["plain"] and (name not in KEYWORDS or name in WRITTEN):
            return name
        if name not in plain:
            wish = re.sub(r"\W+", "_", name).strip("_") or "n"
            if wish[0].isdigit():
                wish = f"n_{wish}"
            candidate, number = wish, 2
            while candidate in taken:
                candidate, number = f"{wish}_{number}", number + 1
            taken.add(candidate)
            plain[name] = candidate
        return plain[name]

    return word.sub(replace, text), plain


def prefixed(
    text: str, top: str, inside: Collection[str], prefix: str
) -> tuple[str, dict[str, str]]:
    """Put a prefix before the names of all modules but the top.

    Parameters
    ----------
    text : str
        Verilog with plain names.
    top : str
        The top.
    inside : collection of str
        The modules that have the top's name and ``_`` before theirs; the prefix takes its place.
    prefix : str
        The prefix, without the ``_`` behind it.

    Returns
    -------
    str
        The text, in which all else is where it was.
    dict of str to str
        What modules are called now, by what they were called.

    Raises
    ------
    InputError
        If two modules would have one name.
    """
    given = {
        match[2]: f"{prefix}_{match[2].removeprefix(f'{top}_' if match[2] in inside else '')}"
        for match in MODULE.finditer(text)
        if match[2] and match[2] != top
    }
    if len({top, *given.values()}) <= len(given):
        raise InputError("prefix", "must give no two modules one name", prefix)

    def replace(match: re.Match[str]) -> str:
        before, name = (match[1], match[2]) if match[2] else (match[3], match[4])
        return before + given.get(name, name)

    return MODULE.sub(replace, text), given
