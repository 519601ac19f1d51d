from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pascaline.data.sets import DataSet
from pascaline.measure.precision_table import best
from pascaline.pages.curves import draw_precision
from pascaline.spec.errors import InputError

torch = pytest.importorskip("torch")

from pascaline.train import precision  # noqa: E402
from pascaline.train.precision import CELLS, VARIANTS, Size, compare  # noqa: E402

SIZE = Size(hidden=8, epochs=2, seeds=2, rates=(0.01, 0.02))
ROWS = ("float", "TernaryConnect, stochastic", "exp4")


def run(path: Path, tasks: tuple[str, ...] = ("tones",), **chosen: Any) -> Any:
    return compare(tasks, path, **({"size": SIZE, "variants": ROWS, "place": "cpu"} | chosen))


def test_all_of_it(tones: DataSet, tmp_path: Path) -> None:
    found = run(tmp_path / "a.json")
    assert found == json.loads((tmp_path / "a.json").read_text())
    assert len(found["runs"]) == len(CELLS) * len(ROWS) * 2 * 2
    assert {run["held_out"]["total"] for run in found["runs"]} == {60}
    assert {run["validation"]["total"] for run in found["runs"]} == {20}
    assert not (tmp_path / "a.training").exists()
    chosen = best(found["runs"])
    assert [(one.cell, one.variant) for one in chosen] == [(c, v) for c in CELLS for v in ROWS]
    assert all(len(one.values) == 2 for one in chosen)
    assert draw_precision(chosen) == draw_precision(chosen)


def test_learns(tones: DataSet, tmp_path: Path) -> None:
    size = SIZE.model_copy(update={"hidden": 12, "epochs": 8, "seeds": 1, "rates": (0.02,)})
    found = run(tmp_path / "a.json", size=size, cells=("gru",), variants=("float", "exp5"))
    assert all(run["held_out"]["correct"] > 50 for run in found["runs"])


def test_a_text(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 300)
    size = Size(hidden=8, epochs=1, rates=(0.01,), places=3000)
    names, variants = (str(text),), ("float", "BinaryConnect")
    runs = run(tmp_path / "a.json", names, size=size, cells=("gru",), variants=variants)["runs"]
    assert all(4 < run["held_out"]["bits"] < 8 for run in runs)
    # What is beyond all numbers is said to be, and not drawn.
    runs[1]["held_out"]["bits"] = None
    shown = best(runs)
    assert str(shown[1]) == "diverged"
    assert shown[1].card()["values"] == [None]
    assert "nan" not in draw_precision(shown)


def test_resume(tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(Exception):
        pass

    whole = run(tmp_path / "whole.json")
    path = tmp_path / "a.json"

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "tones gru" and done == 7:
            raise KilledError

    monkeypatch.setattr("pascaline.train.fit.PATIENCE", 0.0)
    with pytest.raises(KilledError):
        run(path, progress=kill)
    assert {run["cell"] for run in json.loads(path.read_text())["runs"]} == {CELLS[0]}
    assert path.with_suffix(".training").exists()
    told: list[Any] = []
    found = run(path, resume=True, progress=lambda *args: told.append(args))
    assert found == whole
    # What is there is not done again.
    assert told[0][:2] == ("tones gru", 7)
    with pytest.raises(InputError, match=r"a\.json: is a comparison of another size, not '.*'$"):
        run(path, resume=True, size=Size())
    path.write_text("[]")
    with pytest.raises(InputError, match=r"a\.json: must be a comparison \(.*\)$"):
        run(path, resume=True)


def test_command(tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pascaline.cli.measure.precision import precision as command

    monkeypatch.setattr(precision, "QUICK", SIZE)
    options = ["tones", "--quick", "--cell", "gru", "--variant", "float", "--device", "cpu"]
    options += ["--variant", "pow2", "-o", str(tmp_path / "a.json")]
    plot = ["--plot", str(tmp_path / "a.svg"), "--json"]
    made = CliRunner().invoke(command, [*options, *plot], catch_exceptions=False)
    result = json.loads(made.stdout)
    assert [one["variant"] for one in result["best"]] == ["float", "pow2"]
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    shown = CliRunner().invoke(command, [*options, "--resume"], catch_exceptions=False)
    assert "pow2" in shown.stdout


@pytest.mark.parametrize("kind", ["cells", "variants"])
def test_unknown_names(kind: str, tones: DataSet, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"^{kind[:-1]}: must be one of .*, not 'none'$"):
        run(tmp_path / "a.json", **{kind: ("none",)})
    assert not (tmp_path / "a.json").exists()


def test_documentation_says_what_was_found() -> None:
    folder = Path(__file__).parents[2] / "docs"
    found = best(json.loads((folder / "precision.json").read_text())["runs"])
    text = (folder / "training.md").read_text(encoding="utf-8")
    tasks = list(dict.fromkeys(one.task for one in found))
    for variant in VARIANTS:
        cells = [
            str(one)
            for task in tasks
            for cell in CELLS
            for one in found
            if one.task == task and one.at(variant, cell)
        ]
        row = f"| {variant} | {' | '.join(cells)} |"
        assert row in text, f"docs/training.md must have\n{row}"
