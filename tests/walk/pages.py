"""What pages document: commands, programs between them, and the demo with what it prints."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGES", "ROOT", "Command", "Program", "commands", "demo", "plain", "read", "shown"]

ROOT = Path(__file__).parents[2]

RUN = ("README.md", "docs/training.md", "docs/tutorial.md")
"""Pages whose blocks of Python are whole programs; `tests.cli.test_readme` runs them, too."""


@dataclass(frozen=True)
class Command:
    """A command of a page: the line that it is in, and its words after ``pascaline``."""

    page: str
    line: int
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words, as they are written."""
        return shlex.join(self.words)


@dataclass(frozen=True)
class Program:
    """A program in Python: the line that it begins in, and all of it."""

    page: str
    line: int
    text: str


def read(page: str) -> Iterator[Command | Program]:
    """What a page documents, in order.

    Commands are lines of indented blocks and of those in shell, with the variables that are set
    there; programs are ``python -c`` and blocks of Python, those without a command between them as
    one.
    """
    lines = _joined((ROOT / page).read_text(encoding="utf-8")).splitlines()
    variables: dict[str, str] = {}
    fence, program, begun = "", "", 0
    for number, line in enumerate(lines, 1):
        in_shell = fence == "sh" or (not fence and line.startswith("    "))
        if line.startswith("```"):
            fence = "" if fence else line.removeprefix("```") or "text"
        elif fence == "python" and page in RUN:
            program, begun = f"{program}{line}\n", begun or number
        elif in_shell and (found := re.match(r' *([A-Z]+)="(.*)"$', line)):
            variables[found[1]] = found[2]
        elif in_shell and (found := re.match(r" *(pascaline|python -c) (.*)", line)):
            if program:
                yield Program(page, begun, program)
                program, begun = "", 0
            text = re.sub(r"\$([A-Z]+)", lambda name: variables[name[1]], found[2])
            words = tuple(shlex.split(text.replace("\\n", "\n"), comments=True))
            kind = found[1]
            yield (
                Command(page, number, words)
                if kind == "pascaline"
                else Program(page, number, words[0])
            )
    if program:
        yield Program(page, begun, program)


def _joined(text: str) -> str:
    """A page in which what goes on in the next line is one, and all lines behind keep numbers."""
    text = re.sub(r"\\\n *(.*)", r"\1\n", text)
    whole = re.compile(r"^    python -c '[^']*'$", re.MULTILINE)

    def one_line(found: re.Match[str]) -> str:
        return re.sub(r"\n *", r"\\n", found[0]) + "\n" * found[0].count("\n")

    return whole.sub(one_line, text)


def commands(page: str) -> list[Command]:
    """The commands of a page."""
    return [one for one in read(page) if isinstance(one, Command)]


PAGES = (
    "README.md",
    *(
        page
        for page in sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
        if commands(page)
    ),
)
"""Pages with commands."""


def demo() -> list[tuple[str, ...]]:
    """The commands of ``make demo``."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    [block] = re.findall(r"^demo:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    return [tuple(line.split()) for line in re.findall(r"\$\(BIN\)/pascaline (.*)", block)]


def shown() -> str:
    """What the demo ends like, by the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"ends like this:\n\n((?:    .*\n|\n)+)", text)
    return "\n".join(line.removeprefix("    ") for line in block.rstrip().splitlines())


def plain(output: str) -> str:
    """Output without the spaces that tables have behind their columns."""
    return "\n".join(line.rstrip() for line in output.splitlines())
