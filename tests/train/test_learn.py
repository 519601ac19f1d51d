from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data.sets import DataSet
from pascaline.spec.errors import InputError
from pascaline.train.options import SPREADS, Options, Schedule
from pascaline.train.recipe import Plan
from pascaline.train.tasks import task

torch = pytest.importorskip("torch")

from pascaline.train import fit  # noqa: E402
from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import device, learn, run  # noqa: E402
from pascaline.train.snapshot import Snapshot  # noqa: E402

RULES: list[dict[str, Any]] = [
    {"weights": "binary"},
    {"weights": "ternary"},
    {"weights": "float"},
    {"weights": "fixed4"},
    {"weights": "pow2"},
    {"weights": "pow2i1f2"},
    {"weights": "exp3"},
    {"weights": "exp4", "stochastic": True},
    {"weights": "ternary", "rule": "ott"},
    {"weights": "ternary", "rule": "ardakani", "stochastic": True},
    {"weights": "binary", "rule": "ardakani", "stochastic": True, "draw": True},
]


def teach(schedule: Schedule | None = None, **choices: Any) -> tuple[Any, float]:
    """A network that has learned the tones, and how much of the held-out part it gets right."""
    rounding, snapshot = choices.pop("rounding", None), choices.pop("snapshot", None)
    report = choices.pop("progress", lambda *args: None)
    options = Options(**({"hidden": 12, "device": "cpu"} | choices)).settled(task("tones"))
    plan = Plan(task("tones"), options)
    network, _ = learn(
        plan.build,
        plan.feed,
        options,
        schedule or plan.schedule,
        rounding=plan.draft if rounding else None,
        snapshot=snapshot,
        progress=report,
    )
    held_out = plan.parts.held_out
    inputs = plan.rule.apply(held_out.sequences, plan.draft.x)
    found = np.concatenate(run(network, inputs, lsb=plan.draft.x.lsb)).argmax(axis=1)
    return network, float((found == held_out.labels).mean())


@pytest.mark.parametrize("choices", RULES, ids=lambda choices: "-".join(map(str, choices.values())))
def test_every_quantiser_learns(choices: dict[str, Any], tones: DataSet) -> None:
    _, right = teach(normaliser="batchnorm", rounding=True, **choices)
    assert right > 0.85


@pytest.mark.parametrize(
    "normaliser", ["scale", "batchnorm", "weightnorm", "layernorm", "madnorm", "stepnorm"]
)
@pytest.mark.parametrize("shared", [False, True], ids=["separate", "shared"])
def test_every_normaliser_learns(normaliser: str, shared: bool, tones: DataSet) -> None:
    if shared and normaliser in SPREADS:
        pytest.skip("sums are apart")
    epochs = 12 if normaliser == "stepnorm" else 6
    _, right = teach(normaliser=normaliser, shared_scale=shared, epochs=epochs)
    assert right > (0.6 if normaliser == "stepnorm" else 0.9)


def test_dropout_is_of_training_alone(tones: DataSet) -> None:
    network, right = teach(dropout=0.3)
    assert right > 0.9
    assert network.mask is None


def weight_h(network: Any) -> Any:
    """Recurrent weights of its one layer, as integers."""
    return learned(network).layers[0][0].weight_h


def test_same_seed_same_network(tones: DataSet) -> None:
    schedule = Schedule(epochs=2, batch=50)
    first, _ = teach(schedule, seed=7)
    torch.rand(5)
    second, _ = teach(schedule, seed=7)
    other, _ = teach(schedule, seed=8)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    assert not np.array_equal(weight_h(first), weight_h(other))


def test_a_draw_is_one_set_of_weights(tones: DataSet) -> None:
    choices: dict[str, Any] = {"weights": "ternary", "rule": "ardakani", "stochastic": True}
    schedule = Schedule(epochs=1, batch=20)
    drawn, _ = teach(schedule, draw=True, **choices)
    again, _ = teach(schedule, draw=True, **choices)
    fixed, _ = teach(schedule, **choices)
    weights = [weight_h(network) for network in (drawn, again, fixed)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()
    assert (weight_h(drawn) == weights[0]).all()


def test_leaves_the_process_as_it_was(tones: DataSet) -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    teach(Schedule(epochs=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_reports_every_batch(tones: DataSet) -> None:
    told = []

    def report(stage: str, done: int, total: int, note: str = "") -> None:
        told.append((stage, done, total, note[:5]))

    teach(Schedule(epochs=2), hidden=4, progress=report)
    assert told == [("train", done, 12, "loss ") for done in range(1, 13)]


def test_check_comes_before_the_work(tones: DataSet) -> None:
    def check(network: Any) -> None:
        raise ValueError("not this one")

    def feed(place: Any) -> Any:
        pytest.fail("the work has begun")

    options = Options(hidden=4).settled(task("tones"))
    plan = Plan(task("tones"), options)
    with pytest.raises(ValueError, match="not this one"):
        learn(plan.build, feed, options, plan.schedule, check=check)


def test_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device("auto").type == device("cpu").type == "cpu"
    text = r"^device: there is no GPU that PyTorch can use, not 'cuda'$"
    with pytest.raises(InputError, match=text):
        device("cuda")


class KilledError(Exception):
    """What happens to a run."""


def killer(after: int) -> Callable[..., None]:
    def report(stage: str, done: int, total: int, note: str = "") -> None:
        if done == after:
            raise KilledError

    return report


@pytest.mark.parametrize(
    "choices",
    [
        {"normaliser": "batchnorm"},
        {"rule": "ardakani", "stochastic": True, "dropout": 0.2, "normaliser": "weightnorm"},
    ],
    ids=["batchnorm", "drawn"],
)
def test_resuming_changes_nothing(
    choices: dict[str, Any], tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "PATIENCE", -1)
    schedule = Schedule(epochs=3, batch=25, dropout=choices.get("dropout", 0), tuned=0.4)
    path = tmp_path / "a.training"

    def whole(resume: bool, **more: Any) -> Any:
        snapshot = Snapshot(path, {"run": 1}, resume)
        network, _ = teach(schedule, rounding=True, snapshot=snapshot, **choices, **more)
        return network.state_dict()

    expected = whole(False)
    for after in (4, 9):
        with pytest.raises(KilledError):
            whole(after > 4, progress=killer(after))
    found = whole(True)
    assert set(found) == set(expected)
    assert all(torch.equal(found[name], expected[name]) for name in found)
    # A finished training is not done again.
    finished = whole(True, progress=killer(1))
    assert all(torch.equal(finished[name], expected[name]) for name in finished)


def test_snapshot_of_something_else(tones: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "a.training"
    teach(Schedule(epochs=1), snapshot=Snapshot(path, {"seed": 1}))
    with pytest.raises(InputError, match=r"^.*a.training: is a snapshot of another command$"):
        teach(Schedule(epochs=1), snapshot=Snapshot(path, {"seed": 2}, resume=True))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"^.*a.training: must be a snapshot of training \(.*\)$"):
        teach(Schedule(epochs=1), snapshot=Snapshot(path, {"seed": 1}, resume=True))


def test_snapshot_says_where_it_comes_from(tones: DataSet, tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path / "a.training", {})
    teach(Schedule(epochs=1), snapshot=snapshot)
    assert snapshot.where() == {"device": "cpu", "torch": str(torch.__version__)}
