"""The modules of `pascaline.nn` are those of PyTorch, with quantised weights."""

from __future__ import annotations

import copy
import doctest
import subprocess
import sys
from typing import Any

import pytest

from pascaline.spec.errors import InputError

torch = pytest.importorskip("torch")

from torch.nn.utils.rnn import (  # noqa: E402
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
)

from pascaline import nn  # noqa: E402
from pascaline.train import layers, linear  # noqa: E402
from tests.train.test_cells import HIDDEN, INPUTS, module_of  # noqa: E402

CELLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "lstm": (nn.LSTM, {}),
    "gru": (nn.GRU, {}),
    "gru-before": (nn.GRU, {"reset": "before"}),
    "lstm-hadamard": (nn.LSTM, {"block": 2}),
    "gru-hadamard": (nn.GRU, {"block": 2}),
    "rnn": (nn.RNN, {}),
    "rnn-relu": (nn.RNN, {"nonlinearity": "relu"}),
}

LENGTHS = [3, 7, 1, 7, 5]


@pytest.fixture(autouse=True)
def seed() -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> Any:
    return request.param


def make(cell: str, **kwargs: Any) -> Any:
    kind, chosen = CELLS[cell]
    module = kind(INPUTS, HIDDEN, **chosen, **kwargs)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return module


def sequences() -> list[Any]:
    return [torch.rand(steps, INPUTS, dtype=torch.float64) * 2 - 1 for steps in LENGTHS]


def flat(result: Any) -> list[Any]:
    """Output and states as a list of tensors."""
    output, state = result
    output = output.data if hasattr(output, "data") and not torch.is_tensor(output) else output
    return [output, *(state if isinstance(state, tuple) else (state,))]


@pytest.mark.parametrize("started", [False, True], ids=["zero", "state"])
@pytest.mark.parametrize("form", ["steps", "batch", "one", "packed", "sorted"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "gru-before"])
def test_is_the_module_of_pytorch(
    cell: str, layers: int, both: bool, form: str, started: bool
) -> None:
    shape = {"num_layers": layers, "bidirectional": both}
    ours = make(cell, batch_first=form == "batch", rounding=False, dtype=torch.float64, **shape)
    theirs = module_of(cell, ours.eval())
    theirs.batch_first = ours.batch_first
    x: Any = torch.rand(6, 5, INPUTS, dtype=torch.float64)
    if form == "one":
        x = x[0]
    elif form == "packed":
        x = pack_sequence(sequences(), enforce_sorted=False)
    elif form == "sorted":
        x = pack_sequence(sorted(sequences(), key=len, reverse=True))
    state: Any = None
    if started:
        count = layers * (2 if both else 1)
        batch = {"one": (), "batch": (6,)}.get(form, (5,))
        state = torch.rand(2, count, *batch, HIDDEN, dtype=torch.float64) - 0.5
        state = tuple(state) if isinstance(ours, nn.LSTM) else state[0]
    expected, found = theirs(x, state), ours(x, state)
    for one, other in zip(flat(expected), flat(found), strict=True):
        torch.testing.assert_close(other, one)
    if form in ("packed", "sorted"):
        for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
            wanted, got = getattr(expected[0], name), getattr(found[0], name)
            assert (wanted is None and got is None) or torch.equal(wanted, got)


@pytest.mark.parametrize(
    "normaliser", ["scale", "batchnorm", "weightnorm", "none", "layernorm", "madnorm"]
)
def test_what_follows_a_sequence_does_not_matter(cell: str, normaliser: str) -> None:
    if (cell, normaliser) == ("gru-before", "batchnorm"):
        pytest.skip("refused")
    if "hadamard" in cell and normaliser in ("layernorm", "madnorm"):
        pytest.skip("refused")
    module = make(cell, normaliser=normaliser, bidirectional=True, num_layers=2).double()
    both = [copy.deepcopy(module) for _ in range(2)]
    padded = torch.nn.utils.rnn.pad_sequence(sequences())
    found = []
    for one, garbage in zip(both, (0.0, 1e3), strict=True):
        x = padded.clone()
        for index, steps in enumerate(LENGTHS):
            x[steps:, index] = garbage
        output, _ = one(pack_padded_sequence(x, torch.tensor(LENGTHS), enforce_sorted=False))
        torch.autograd.backward(pad_packed_sequence(output)[0].square().sum())
        found.append([output.data, *one.buffers(), *(p.grad for p in one.parameters())])
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_goes_on_from_a_state(cell: str) -> None:
    module, x = make(cell, num_layers=2).eval(), torch.rand(8, 3, INPUTS)
    module.rounding = "gru" not in cell  # h of a GRU has fewer bits than its state
    whole, last = module(x)
    first, middle = module(x[:5])
    second, end = module(x[5:], middle)
    torch.testing.assert_close(torch.cat((first, second)), whole)
    for one, other in zip(flat((whole, last)), flat((whole, end)), strict=True):
        torch.testing.assert_close(one, other)


def test_activations_are_numbers_of_their_formats(cell: str) -> None:
    module, x = make(cell), torch.rand(8, 3, INPUTS)
    form, both = module.description[0].h, isinstance(module, nn.LSTM)
    assert module.rounding
    for state in (None, torch.rand(1, 3, HIDDEN)):
        output, _ = module(x, (state, state) if both and state is not None else state)
        integers = output.detach() / form.lsb
        assert torch.equal(integers, integers.round())
    module.rounding = False
    output = module(x)[0] / form.lsb
    assert not torch.equal(output, output.round())


@pytest.mark.parametrize("weights", ["binary", "ternary", "pow2", "exp4", "fixed4", "float"])
def test_states_are_kept(cell: str, weights: str) -> None:
    module = make(cell, weights=weights, bidirectional=True, num_layers=2).eval()
    other = make(cell, weights=weights, bidirectional=True, num_layers=2).eval()
    x = torch.rand(8, 3, INPUTS)
    assert not torch.equal(module(x)[0], other(x)[0])
    other.load_state_dict(module.state_dict())
    assert torch.equal(module(x)[0], other(x)[0])


def test_weights_are_quantised() -> None:
    module = nn.LSTM(INPUTS, HIDDEN, weights="binary", recurrent_weights="fixed4")
    weight_x, weight_h = module.parts[0].weights()
    assert weight_x.abs().eq(1).all()
    assert weight_h.unique().numel() > 3
    assert module.options.normaliser == "weightnorm"
    assert nn.LSTM(INPUTS, HIDDEN, weights="binary").options.normaliser == "scale"


@pytest.mark.parametrize("weights", ["binary", "ternary", "exp4"])
def test_drawn_weights(weights: str) -> None:
    rule = "ardakani" if weights != "exp4" else "ott"
    module = nn.GRU(INPUTS, HIDDEN, weights=weights, rule=rule, stochastic=True, rounding=False)
    x = torch.rand(8, 3, INPUTS)
    assert not torch.equal(module(x)[0], module(x)[0])
    module.eval()
    assert torch.equal(module(x)[0], module(x)[0])


def test_training_keeps_weights_within_limits() -> None:
    module = nn.LSTM(INPUTS, HIDDEN)
    dense = nn.Linear(INPUTS, 3, weights="ternary")
    with torch.no_grad():
        module.parts[0].shadow_h *= 100
        dense.weight *= 100
    x = torch.rand(2, 1, INPUTS)
    module.eval()(x)
    dense.eval()(x)
    assert module.parts[0].shadow_h.abs().max() > 1
    assert dense.weight.abs().max() > 1
    module.train()(x)
    dense.train()(x)
    assert module.parts[0].shadow_h.abs().max() == dense.weight.abs().max() == 1


def test_without_bias(cell: str) -> None:
    kind, chosen = CELLS[cell]
    module = kind(INPUTS, HIDDEN, bias=False, **chosen)
    assert not [name for name, _ in module.named_parameters() if "bias" in name]
    assert not module.parts[0].folded().bias.any()
    output, _ = module(torch.zeros(3, 1, INPUTS))
    assert not output.any()
    module.load_state_dict(module.state_dict())


def test_dropout_between_layers_in_training() -> None:
    x = torch.rand(8, 3, INPUTS)
    one, two = (nn.LSTM(INPUTS, HIDDEN, layers, dropout=0.5) for layers in (1, 2))
    assert torch.equal(one(x)[0], one(x)[0])
    assert not torch.equal(two(x)[0], two(x)[0])
    two.eval()
    assert torch.equal(two(x)[0], two(x)[0])


def test_statistics_move_in_training_alone() -> None:
    module, x = nn.LSTM(INPUTS, HIDDEN, normaliser="batchnorm"), torch.rand(8, 3, INPUTS)
    before = [buffer.clone() for buffer in module.buffers()]
    module.eval()(x)
    assert all(map(torch.equal, before, module.buffers()))
    module.train()(x)
    assert not any(map(torch.equal, before, module.buffers()))


def test_linear_is_quantised() -> None:
    x = torch.rand(5, INPUTS)
    for weights, count in (("fixed8", 255), ("fixed2", 4), ("ternary", 3), ("binary", 2)):
        dense = nn.Linear(INPUTS, 7, weights=weights)
        values, unit = dense.quantised()
        assert 1 < values.unique().numel() <= count
        assert torch.equal(values, values.round())
        torch.testing.assert_close(dense(x), x @ (unit * values).T + dense.bias)
        torch.autograd.backward(dense(x).square().sum())
        assert dense.weight.grad.any()
    dense = nn.Linear(INPUTS, 7, bias=False, dtype=torch.float64)
    # 8 bits are near what they come from.
    values, unit = dense.quantised()
    assert (unit * values - dense.weight).abs().max() <= unit / 2 + 1e-9
    assert dense.bias is None
    assert "fixed8" in repr(dense)


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"proj_size": 3}, "proj_size: must be 0: a projection is not supported, not 3"),
        ({"weight": "binary"}, "weight: is not supported"),
        ({"normaliser": "stepnorm"}, "normaliser: must be one of scale, .*, not 'stepnorm'"),
        ({"normaliser": "l2"}, "options: normaliser: .*"),
        ({"weights": "quinary"}, "weights: must be float, binary.*, not 'quinary'"),
        ({"rule": "nearest"}, "rule: of ternary weights must be threshold or .*"),
        ({"stochastic": True}, "stochastic: there is no such form of the rule.*"),
        ({"block": 2, "recurrent_weights": "binary"}, "recurrent_weights: must be left out: .*"),
        ({"block": 4}, "network: layers.0.lstm: hidden must be a multiple of the block.*"),
        ({"num_layers": 9}, "network: layers: .*"),
        ({"dropout": 1.5}, "dropout: must be 0 to 1, not 1.5"),
    ],
)
def test_bad_arguments(choice: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^{text}$"):
        nn.LSTM(INPUTS, HIDDEN, **choice)


def test_bad_arguments_of_other_cells() -> None:
    with pytest.raises(InputError, match=r"^nonlinearity: must be tanh or relu, not 'sin'$"):
        nn.RNN(INPUTS, HIDDEN, nonlinearity="sin")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^reset: must be after or before, not 'never'$"):
        nn.GRU(INPUTS, HIDDEN, reset="never")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^normaliser: must not be batchnorm for gru-before"):
        nn.GRU(INPUTS, HIDDEN, reset="before", normaliser="batchnorm")
    for kind, chosen in ((nn.RNN, {}), (nn.GRU, {"reset": "before"})):
        with pytest.raises(InputError, match=r"^block: must be left out: h meets a matrix"):
            kind(INPUTS, HIDDEN, block=2, **chosen)
    with pytest.raises(InputError, match=r"^weights: must be those of an arithmetic, not 'float'$"):
        nn.Linear(INPUTS, 3, weights="float")


@pytest.mark.parametrize(
    ("shape", "state", "text"),
    [
        ((INPUTS,), None, "input: must have 2 or 3 dimensions, not 1"),
        ((3, 2, INPUTS + 1), None, f"input: must have {INPUTS} elements a step, not {INPUTS + 1}"),
        ((0, 2, INPUTS), None, "input: must have at least one step"),
        ((3, 2, INPUTS), (1, 3, HIDDEN), r"h_0: shape must be \[1, 2, .*, not \[1, 3, .*"),
    ],
)
def test_bad_inputs(shape: tuple[int, ...], state: Any, text: str) -> None:
    with pytest.raises(InputError, match=f"^{text}$"):
        nn.GRU(INPUTS, HIDDEN)(torch.zeros(shape), None if state is None else torch.zeros(state))


def test_is_shown() -> None:
    shown = repr(nn.LSTM(3, 4, num_layers=2, weights="binary"))
    assert shown.startswith("LSTM(\n  3, 4, weights=binary, num_layers=2\n")


def test_examples() -> None:
    for module in (nn, layers, linear):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


def test_pascaline_itself_leaves_pytorch_alone() -> None:
    code = "import sys, pascaline; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
