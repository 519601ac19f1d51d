"""Plain names in the Verilog: no escaped identifier, no keyword of Verilog or SystemVerilog."""

import re

from pascaline.spec.keywords import KEYWORDS

__all__ = ["plain_names"]

WRITTEN = frozenset(
    "always assign begin case casez default else end endcase endfunction endmodule function if"
    " initial input module or output posedge reg signed wire".split()
)
"""Keywords that Yosys writes as such; any other one in its text is a name that is not escaped."""


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
