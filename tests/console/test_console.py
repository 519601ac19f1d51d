"""Lines of output."""

import pytest

from pascaline import console
from tests.console.streams import kept


def test_names_are_no_markup() -> None:
    with kept() as output:
        console.table("t[/b]", ["a[/b]"], [["[/red]"], ["[red]x"], ["\x1b[31m\udcff"]])
        console.say("[/b]\udcff")
    for text in ("t[/b]", "a[/b]", "[/red]", "[red]x", r"\x1b[31m\udcff", r"[/b]\udcff"):
        assert text in output.getvalue()


@pytest.mark.parametrize("quiet", [False, True])
def test_who_wants_quiet_reads_no_remarks_but_results_and_errors(quiet) -> None:
    with kept(quiet=quiet) as output:
        console.remark("a remark")
        console.say("a result")
        console.warn("an error")
    lines = output.getvalue().splitlines()
    assert lines == [*([] if quiet else ["a remark"]), "a result", "pascaline: an error"]
