from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats, draft
from pascaline.importers.freeze import freeze
from pascaline.spec.activation import read_activation
from pascaline.spec.cells import CELLS, FORMS
from pascaline.spec.errors import InputError
from pascaline.train.options import SPREADS, Options
from pascaline.train.tasks import task
from tests.train.formats import WIDE

torch = pytest.importorskip("torch")

from pascaline.train.cells import cell_of  # noqa: E402
from pascaline.train.ensemble import Ensemble  # noqa: E402
from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import build  # noqa: E402
from pascaline.train.network import backwards, pad  # noqa: E402
from pascaline.train.units import state_units  # noqa: E402

INPUTS, HIDDEN, CLASSES, STEPS, BATCH = 4, 10, 3, 6, 40

LINEAR = ("rnn-linear", "hadamard")

pytestmark = pytest.mark.parametrize("cell", [form for form in FORMS if "peephole" not in form])


def make(cell: str, **chosen: Any) -> Any:
    """A network in double precision, as if it had learned: nothing is where it started."""
    options = Options(cell=cell, hidden=HIDDEN, **chosen)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = build(options, inputs=INPUTS, hidden=HIDDEN, classes=CLASSES).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
    return network.eval()


def make_inputs(seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, STEPS + 1, BATCH)
    lengths[0] = STEPS
    return torch.from_numpy(rng.uniform(-1, 1, (STEPS, BATCH, INPUTS))), torch.from_numpy(lengths)


def module_of(cell: str, network: Any) -> Any:
    """The module of PyTorch with the same weights."""
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(FORMS[cell][0], torch.nn.RNN)
    choices = {"nonlinearity": "relu"} if cell == "rnn-relu" else {}
    parts = [layer.parts for layer in network.stack]
    shape = {"num_layers": len(parts), "bidirectional": len(parts[0]) == 2}
    module = kind(INPUTS, HIDDEN, **shape, **choices).double()
    state = {}
    for index, layer in enumerate(parts):
        for part, suffix in zip(layer, ("", "_reverse"), strict=False):
            folded, at = part.folded(), f"l{index}{suffix}"
            state[f"weight_ih_{at}"] = folded.scale_x[:, None] * folded.weight_x
            state[f"weight_hh_{at}"] = folded.scale_h[:, None] * folded.weight_h
            state[f"bias_ih_{at}"] = folded.bias
            state[f"bias_hh_{at}"] = torch.zeros_like(folded.bias)
            if folded.bias_h is not None:
                state[f"bias_hh_{at}"][-HIDDEN:] = folded.bias_h
    module.load_state_dict(state)
    return module


@pytest.mark.parametrize("pooling", ["none", "max", "mean"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("layers", [1, 2])
def test_is_the_module_of_pytorch(
    cell: str, layers: int, bidirectional: bool, pooling: str
) -> None:
    if cell in ("gru-before", "rnn-linear", "hadamard"):
        pytest.skip("PyTorch has no such cell")
    network = make(cell, layers=layers, bidirectional=bidirectional, pooling=pooling)
    module, (x, lengths) = module_of(cell, network), make_inputs()
    rnn = torch.nn.utils.rnn
    every, last = module(rnn.pack_padded_sequence(x, lengths, enforce_sorted=False))
    every, _ = rnn.pad_packed_sequence(every)
    last = last[0] if FORMS[cell][0] == "lstm" else last
    seen = torch.cat(list(last[-1 - bidirectional :]), dim=1)
    if pooling == "max":
        behind = torch.arange(STEPS)[:, None] >= lengths
        seen = every.masked_fill(behind[..., None], -torch.inf).amax(dim=0)
    if pooling == "mean":
        seen = torch.stack([every[:n, row].mean(dim=0) for row, n in enumerate(lengths.tolist())])
    torch.testing.assert_close(network(x, lengths)[0], network.head(seen))


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize(
    "normaliser", ["scale", "batchnorm", "weightnorm", "none", "layernorm", "madnorm"]
)
@pytest.mark.parametrize("activation", ["table", "pwl64", "pieces32x6"])
def test_freezing_and_rounding_are_the_machine_s(
    cell: str, activation: str, normaliser: Any, bidirectional: bool
) -> None:
    if activation != "table" and normaliser != "scale":
        pytest.skip("forms and normalisers have nothing to do with each other")
    if (cell, normaliser) == ("gru-before", "batchnorm"):
        pytest.skip("refused")
    if cell in LINEAR and normaliser != "none":
        pytest.skip("refused")
    if "hadamard" in cell and normaliser in SPREADS:
        pytest.skip("refused")
    shape: dict[str, Any] = {"layers": 2, "bidirectional": bidirectional}
    network = make(cell, normaliser=normaliser, rule="ott", **shape)
    x, lengths = make_inputs()
    with torch.no_grad():
        # Statistics of batch normalisation.
        network.train()(x, lengths)
        form = read_activation(activation, thing="activation")
        description = draft(
            WIDE.model_copy(update={"activation": form}),
            inputs=INPUTS,
            hidden=HIDDEN,
            weights=Options().arithmetics[0],
            classes=CLASSES,
            cells=(cell,) * 2,
            bidirectional=bidirectional,
            output="logits",
            spread=SPREADS.get(normaliser),
        )
        model = freeze(learned(network.eval()), description, name="a")
        inputs = [
            WIDE.x.quantize(x[:length, index].numpy())
            for index, length in enumerate(lengths.tolist())
        ]
        integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
        network.round(model.network)
        found = network(pad(inputs, WIDE.x.lsb)[0].double(), lengths)[0].numpy()
    # The reciprocal of a spread has nine bits.
    limit = 0.01 if normaliser in SPREADS else 0.002
    assert np.abs(found - integers).max() < limit * np.abs(found).max()


def test_gradient(cell: str) -> None:
    """Through all steps of a layer, of one network and of two side by side."""
    rows = len(cell_of(cell).gates) * 3
    shapes = [(4, 2, rows), (rows, 3), (rows,), (2, 3), (2, 3)]
    torch.manual_seed(0)
    for alike in ((), (2,)):
        made = [
            torch.randn(*shape[:1], *alike, *shape[1:], dtype=torch.float64)
            if len(shape) == 3
            else torch.randn(*alike, *shape, dtype=torch.float64)
            for shape in shapes
        ]
        if not cell_of(cell).separate:
            made[2] = None
        tensors = [one.requires_grad_() for one in made if one is not None]

        def run(*given: Any) -> Any:
            left = iter(given)
            full = [None if one is None else next(left) for one in made]  # noqa: B023
            return cell_of(cell).scan(*full)[0]

        assert torch.autograd.gradcheck(run, tensors)


def test_side_by_side(cell: str) -> None:
    """An ensemble computes what its members do, with state and lengths."""
    members = [make(cell, layers=2, weights=weights) for weights in ("ternary", "binary")]
    (x, lengths), ensemble = make_inputs(), Ensemble(members)
    states = ensemble.zero(BATCH)
    for _ in range(2):
        logits, states = ensemble(x, lengths, states)
    for index, member in enumerate(members):
        mine = member.zero(BATCH)
        for _ in range(2):
            wanted, mine = member(x, lengths, mine)
        torch.testing.assert_close(logits[index], wanted)
        for (h, c), (own_h, own_c) in zip(states, mine, strict=True):
            torch.testing.assert_close((h[index], c[index]), (own_h, own_c))


def test_weights_of_x_and_h_and_head(cell: str) -> None:
    network = make(cell, weights="exp4", recurrent_weights="binary", head_weights="ternary")
    description = draft(
        Formats(head=Options().arithmetics[0]),
        inputs=INPUTS,
        hidden=HIDDEN,
        weights=Options(weights="exp4").arithmetics[0],
        weights_h=Options(weights="binary").arithmetics[1],
        classes=CLASSES,
        cells=(cell,),
    )
    model = freeze(learned(network), description, name="a")
    (layer,) = model.network.layers
    assert (layer.weights_x.name, layer.weights_h.name) == ("exp4", "binary")
    if layer.transform:
        assert "weight_h" not in model.layers[0]
        learned_signs = network.stack[0].parts[0].shadow_h[:, 0].sign().detach().numpy()
        np.testing.assert_array_equal(np.sign(model.layers[0]["scale_h"]), learned_signs)
    else:
        assert set(np.unique(model.layers[0]["weight_h"])) == {-1, 1}
    assert set(np.unique(model.tensors["head.weight"])) <= {-1, 0, 1}
    real = (network.head.scale * network.head.quantiser(network.head.weight)).detach().numpy()
    unit = model.card["logit_unit"] / layer.h.lsb / state_units([network.stack[0].parts])[0]
    np.testing.assert_allclose(model.tensors["head.weight"] * unit, real, atol=1e-9)


def test_is_as_it_is_described(cell: str) -> None:
    kind, options = FORMS[cell]
    usual = {"hidden": 2, "weights": "ternary", "h": WIDE.pre, "pre": WIDE.pre}
    made = CELLS[kind].model_validate(usual | options)
    assert made.gates == cell_of(cell).gates
    assert (made.carried is not None) == cell_of(cell).carries
    assert made.separate == cell_of(cell).separate


def test_refused(cell: str) -> None:
    if cell not in ("lstm", "lstm-hadamard", *LINEAR):
        with pytest.raises(InputError, match=r"^normaliser: must be .* cell$"):
            make(cell, normaliser="stepnorm")
    if cell == "gru-before":
        with pytest.raises(InputError, match=r"^normaliser: must not be batchnorm for gru-before"):
            make(cell, normaliser="batchnorm")
    with pytest.raises(InputError, match=r"^bidirectional: must not be for a text"):
        Options(cell=cell, bidirectional=True).settled(task("austen"))
    with pytest.raises(InputError, match=r"^pooling: must be none for a task with a result at eve"):
        Options(cell=cell, pooling="max").settled(task("copy"))
    with pytest.raises(InputError, match=r"^cell: must be one of lstm, .*, hadamard, not 'elman'$"):
        Options(cell="elman").settled(task("digits"))


def test_backwards_is_its_own_inverse(cell: str) -> None:
    x, lengths = make_inputs()
    turned = backwards(x, lengths)
    torch.testing.assert_close(backwards(turned, lengths), x)
    assert torch.equal(turned[0, 3], x[lengths[3] - 1, 3])
