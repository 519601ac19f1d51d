"""What Surfer does with a command file, as its documentation and its parser have it.

A line is a command, a blank and what it takes; `#` begins a comment and `;` another command. What
does not fit is written to Surfer's log, and nothing else comes of it.
"""

import re
from dataclasses import dataclass

COMMANDS = {
    "divider_add": r"\w+",  # One word: with another one there is no divider.
    "variable_add": r"[\w.]+",
    "item_focus": r"[a-p]+",  # The place of a row, in hexadecimal.
    "item_rename": r"[^#;]*\S",  # All that follows.
    "item_set_format": r"Signed|Unsigned|ASCII",
    "item_unfocus": "",
    "zoom_fit": "",
}
"""What a command takes: the few that are used, of some hundred."""


@dataclass
class Row:
    kind: str
    name: str
    format: str = ""


def shown(text):
    """The rows that are there after a file."""
    rows, focus = [], None
    for line in text.splitlines():
        command, _, given = line.partition(" ")
        assert re.fullmatch(COMMANDS[command], given), line
        if command.endswith("_add"):
            assert focus is None, f"{line}: would go below the row that has the focus"
            rows.append(Row(command.removesuffix("_add"), given))
        elif command == "item_focus":
            focus = rows[int("".join(f"{ord(letter) - ord('a'):x}" for letter in given), 16)]
        elif command == "item_unfocus":
            focus = None
        elif command == "item_rename":
            focus.name = given
        elif command == "item_set_format":
            assert focus.kind == "variable", line
            focus.format = given
    assert focus is None
    return rows
