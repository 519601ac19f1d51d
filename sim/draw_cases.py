"""Random cases: a whole network, its weights, a machine, ports and traffic, all from one seed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count
from typing import Any

import numpy as np

from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.spec.activation import AdaptivePieces
from pascaline.spec.arithmetic import arithmetic, common
from pascaline.spec.attention import Attention
from pascaline.spec.bus import input_bytes, output_bytes
from pascaline.spec.cells import CELLS
from pascaline.spec.cells.layer import Layer
from pascaline.spec.cycles import step_cycles
from pascaline.spec.decoder import Decoder
from pascaline.spec.design import Design
from pascaline.spec.draw import draw_format
from pascaline.spec.errors import InputError
from pascaline.spec.lanes import lane_designs
from pascaline.spec.loading import image_words
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.normalisers.layernorm import LayerNorm
from pascaline.spec.synthetic import synthetic_model

__all__ = ["FEATURES", "draw", "draw_traffic"]

SIZES = (1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 32, 33, 63, 64, 65)
"""Sizes of vectors: 1, primes, powers of two and their neighbours."""

WIDTHS = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32)
"""Units and inputs side by side."""

ARITHMETICS = (
    *("binary", "ternary") * 3,
    *("pow2", "pow2i0f2", "pow2i1f2", "pow2i4f4", "exp3", "exp4", "exp5"),
    *("fixed2", "fixed3", "fixed8", "fixed12", "fixed16"),
)

KINDS = tuple(kind for kind, cell in CELLS.items() for _ in range(cell.share))
"""Of cells, each as often as the cell asks for."""

MOST_PLACES = 128
"""Units times inputs side by side: building larger machines takes minutes, and shows no more."""

PORTS = ("i_x", "i_state", "o", "o_state", "i_load")
"""What may pause; the state ports of all cores alike."""

BUS_SHARE = 8
"""On a bus a traffic has so many times fewer cycles, since models look at each of them."""

STEPS = (1, 1, 2, 3, 5, 8, 13)
"""Of a sequence."""
MEAN_STEPS = sum(STEPS) / len(STEPS)

MOST_WIRES = 6000
"""Weights that are wires: a graph of adders for more takes long to build, and shows no more."""

MOST_BEFORE = 500
"""Steps on offer before the reset in the middle."""

LONGER = 100
"""A traffic may take so many times the cycles to have the values that are wanted, if there is one
in each cycle; else less, in proportion: time goes where most is compared."""


FEATURES: dict[str, Callable[[Network, Machine], bool]] = {
    "attention": lambda network, _: network.attention is not None,
    "bidirectional": lambda network, _: network.bidirectional,
    "bitserial": lambda _, machine: machine.cell_unit == "bitserial",
    "bus-states": lambda _, machine: machine.bus_states,
    "cellnorm": lambda network, _: _cell_standardised(network),
    "decoder": lambda network, _: network.decoder is not None,
    "ladders": lambda _, machine: machine.multipliers == "adders",
    "layernorm": lambda network, _: _standardised(network),
    "pooling": lambda network, _: network.pooling != "none",
    "residual": lambda network, _: any(layer.residual for layer in network.layers),
    "stack": lambda network, _: len(network.layers) > 1,
    "symbols": lambda _, machine: machine.symbols,
    "tdata": lambda _, machine: machine.tdata is not None,
    "transform": lambda network, _: _transformed(network),
    "wires": lambda _, machine: machine.home.wired,
    "zero-points": lambda network, _: _has_zero_points(network),
}
"""What a case may be asked to have."""


def draw(
    seed: int,
    *,
    cycles: int = 5000,
    values: int = 0,
    largest: int = 65,
    features: Collection[str] = (),
    unknown: bool = False,
) -> Case:
    """Draw the case of a seed: two traffics on one design.

    The first has sequences from zero without any pause; its cycles must be what the formula says.
    The second has pauses, kept and restored states, dumps, and a reset in the middle. On a bus both
    have accesses of registers, and what cannot be done there is left out.

    Parameters
    ----------
    seed : int
        The seed; the same one gives the same case.
    cycles : int
        About how many cycles each traffic takes without pauses: fast machines get more steps.
    values : int
        About how many numbers come out of each traffic; see `LONGER`.
    largest : int
        Largest size of a vector.
    features : collection of str
        Names in `FEATURES`: cases are drawn until one has all of these.
    unknown : bool
        Whether all starts unknown, see `sim.case.Case`.
    """
    sizes = [size for size in SIZES if size <= largest]
    for attempt in count():
        again = (attempt,) if attempt else ()
        rng = np.random.default_rng([seed, 0, *again] if again else seed)
        # What networks have had for less long is drawn apart: so seeds mostly give what they gave.
        newer = np.random.default_rng([seed, 1, *again])
        newest = np.random.default_rng([seed, 2, *again])
        latest = np.random.default_rng([seed, 3, *again])
        zeros = np.random.default_rng([seed, 4, *again])
        pieces = np.random.default_rng([seed, 5, *again])
        attention = np.random.default_rng([seed, 6, *again])
        decoder = np.random.default_rng([seed, 7, *again])
        residual = np.random.default_rng([seed, 8, *again])
        cell_norm = np.random.default_rng([seed, 9, *again])
        states = np.random.default_rng([seed, 10, *again])
        widths = np.random.default_rng([seed, 11, *again])
        wires = np.random.default_rng([seed, 12, *again])
        products = np.random.default_rng([seed, 13, *again])
        described = _zero_points(zeros, _network(rng, newer, latest, sizes))
        network = _pieces(pieces, Network.parse(described, thing="case"))
        network = _attention(attention, network)
        shared_scale = bool(rng.random() < 0.4)
        machine = _machine(rng, network, largest) | _butterflies(newer, network)
        machine |= _symbols(newest, machine)
        network = _cell_norm(cell_norm, network, machine)
        network = _residual(residual, network, machine)
        network = _decoder(decoder, network, machine["simd"], sizes)
        machine |= {"streams": 1} if network.decoder else {}
        machine = _wires(wires, network, machine)
        machine |= _bus_states(states, network, machine)
        machine |= _tdata(widths, network, machine)
        if "cell_unit" not in machine and products.random() < 0.2:
            machine["multipliers"] = "adders"
        made = Machine.parse(machine, thing="case")
        if all(FEATURES[name](network, made) for name in features):
            break
    drawn: dict[str, Any] = {
        "seed": seed,
        "unknown": unknown,
        "network": network,
        "shared_scale": shared_scale,
        "orthogonal": bool(newer.random() < 0.5) and _transformed(network),
        "machine": Machine.parse(_built(network, machine), thing="case"),
    }
    return Case(**drawn, traffic=draw_traffic(rng, Case(**drawn).design, cycles, values))


def draw_traffic(
    rng: np.random.Generator, design: Design, cycles: int, values: int = 0
) -> tuple[Traffic, Traffic]:
    """Draw the two traffics of a case, see `draw`."""
    on_bus, pace = design.machine.on_bus, step_cycles(design)
    rate = min(1, _values_per_step(design) / pace)
    wanted = max(cycles, min(values / rate, LONGER * rate * cycles))
    steps = int(min(max(wanted / pace / (BUS_SHARE if on_bus else 1), 4), 5000))
    cut = int(rng.integers(1, 400))
    if design.machine.home.loaded:
        cut += int(rng.integers(2)) * len(image_words(design))
    accesses = int(rng.integers(1, 100)) if on_bus else 0
    episodes = (
        CaseEpisode(
            sequences=_sequences(rng, min(steps // 2, MOST_BEFORE), rough=True),
            shuffled=True,
            cut=cut,
        ),
        CaseEpisode(sequences=_sequences(rng, steps, rough=True), shuffled=True),
    )
    pauses = {name: _pick(rng, (0.0, 0.2, 0.7)) for name in PORTS}
    smooth = CaseEpisode(sequences=_sequences(rng, steps, rough=False))
    plain = Traffic(episodes=(smooth,), accesses=accesses)
    return plain, Traffic(episodes=episodes, pauses=pauses, accesses=accesses)


def _values_per_step(design: Design) -> float:
    """Numbers of results, about."""
    network, head = design.network, design.head
    if head is None:
        numbers = network.layer.outputs
    else:
        numbers = 1 if head.output == "class" else head.classes
    return numbers if network.results == "every" else numbers / MEAN_STEPS


def _pick(rng: np.random.Generator, choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _layer(
    rng: np.random.Generator,
    newer: np.random.Generator,
    latest: np.random.Generator,
    sizes: list[int],
) -> dict[str, Any]:
    kind = _pick(rng, KINDS)
    cell = CELLS[kind]
    layer: dict[str, Any] = {"kind": kind, "hidden": _pick(rng, sizes)}
    layer |= _weights(rng)
    if rng.random() < 0.5:
        layer["activation"] = {"form": "pwl", "segments": 1 << int(rng.integers(1, 8))}
    formats = rng.random() < 0.5
    if formats:
        pre = int(rng.integers(9, 14))
        layer["pre"] = {"width": pre, "frac": pre - 4}
        layer["h"] = draw_format(rng, (2, 13), (4, 12))
        layer["tanh"] = draw_format(rng, (3, 13), (6, 12))
        layer["sigmoid"] = draw_format(rng, (3, 13), (6, 12), signed=False)
    layer |= cell.draw_options(rng, formats=formats)
    layer |= {"initial": True} if rng.random() < 0.15 else {}
    layer |= _transform(newer, layer)
    layer |= _layer_norm(latest, layer)
    return {name: value for name, value in layer.items() if name in cell.model_fields}


def _transform(newer: np.random.Generator, layer: dict[str, Any]) -> dict[str, Any]:
    """Sometimes a transform in the place of the recurrent matrix, where that can be."""
    cannot = layer.get("initial") or layer.get("reset") == "before" or layer["hidden"] % 2
    if newer.random() > 0.25 or cannot:
        return {}
    most = (layer["hidden"] & -layer["hidden"]).bit_length() - 1
    block = 1 << int(newer.integers(1, most + 1))
    return {"recurrent": "walsh", "block": block, "weights_h": "binary"}


def _pieces(rng: np.random.Generator, network: Network) -> Network:
    """Sometimes activation functions by pieces in a layer."""
    layers = []
    for layer in network.layers:
        drawn = rng.random() < 0.3
        bits = _pick(rng, (None, 2, 4, 8))
        form = AdaptivePieces(pieces=int(rng.integers(2, 33)), slope_bits=bits)
        layers.append(layer.model_copy(update={"activation": form} if drawn else {}))
    return network.model_copy(update={"layers": tuple(layers)})


def _attention(rng: np.random.Generator, network: Network) -> Network:
    """Sometimes attention, where the result is that of a whole sequence."""
    if network.results != "last" or rng.random() > 0.2:
        return network
    formats: dict[str, Any] = {}
    if rng.random() < 0.7:
        query = draw_format(rng, (2, 17), (1, 16))
        formats = {"query": query} | _scores(rng, query["frac"] + network.layer.h.frac)
    attention = Attention.parse(formats, thing="case")
    return network.model_copy(update={"pooling": "attention", "attention": attention})


def _scores(rng: np.random.Generator, most: int) -> dict[str, Any]:
    """Formats of scores, with at most so many bits behind the point, and of weights."""
    frac = int(rng.integers(1, min(10, most) + 1))
    score = {"width": frac + 1 + int(rng.integers(1, 9)), "frac": frac}
    return {"score": score, "bits": int(rng.integers(max(4, frac + 1), 17))}


def _decoder(rng: np.random.Generator, network: Network, simd: int, sizes: list[int]) -> Network:
    """Sometimes a decoder, where the head gives classes; its layer is as the last one."""
    layer, head = network.layer, network.head
    fits = head is not None and head.output == "class" and network.results == "last"
    aligned = not layer.bidirectional or layer.hidden % simd == 0
    plain = network.pooling == "none" and layer.transform is None and layer.h.frac > 0
    if not (fits and aligned and plain) or rng.random() > 0.3:
        return network
    assert head is not None
    own = {"hidden": layer.outputs, "bidirectional": False, "initial": False, "residual": False}
    formats = _scores(rng, 2 * layer.h.frac)
    decoder = Decoder(
        layer=layer.model_copy(update=own),
        embedding=_pick(rng, sizes),
        end=int(rng.integers(head.classes)),
        most=int(rng.integers(1, 9)),
        attention=Attention.parse({"query": layer.h} | formats, thing="case"),
    )
    return network.model_copy(update={"decoder": decoder, "results": "decoded"})


def _layer_norm(latest: np.random.Generator, layer: dict[str, Any]) -> dict[str, Any]:
    """Sometimes layer norm, where that can be."""
    if layer.get("recurrent") or latest.random() > 0.2:
        return {}
    return {"normaliser": _norm_formats(latest)}


def _norm_formats(rng: np.random.Generator) -> dict[str, Any]:
    norm: dict[str, Any] = {"kind": "layernorm", "spread": _pick(rng, ("mad", "rms"))}
    if rng.random() < 0.5:
        norm["normal"] = draw_format(rng, (5, 17), (4, 13))
        norm["mean_frac"] = int(rng.integers(5))
        norm["mantissa"] = int(rng.integers(4, 13))
    return norm


def _cell_norm(rng: np.random.Generator, network: Network, machine: dict[str, Any]) -> Network:
    """Sometimes layer norm of cells, where that can be; more often beside that of sums."""
    if "cell_unit" in machine:
        return network
    layers: list[Layer] = []
    for index, layer in enumerate(network.layers):
        share = 0.1 if layer.normaliser.standard(layer.hidden) is None else 0.4
        if index and layer == network.layers[index - 1]:
            # Equal layers, which may take turns, stay equal.
            layers.append(layers[-1])
        elif rng.random() > share or not layer.state_normalisable:
            layers.append(layer)
        else:
            norm = LayerNorm.parse(_norm_formats(rng), thing="case")
            layers.append(layer.model_copy(update={"cell_affine": norm}))
    return network.model_copy(update={"layers": tuple(layers)})


def _residual(rng: np.random.Generator, network: Network, machine: dict[str, Any]) -> Network:
    """Sometimes residual connections, where those can be."""
    if rng.random() > 0.25 or machine["stack"] == "shared":
        return network
    layers = []
    for index, layer in enumerate(network.layers):
        inputs = network.layer_inputs(index), network.layer_x(index)
        fits = inputs == (layer.outputs, layer.h) and not layer.bidirectional
        before = network.layers[index - 1] if index else None
        if before is None:
            fits &= not machine.get("symbols", False)
        elif before.bidirectional:
            fits &= before.hidden % machine["simd"] == 0
        drawn = fits and rng.random() < 0.8
        layers.append(layer.model_copy(update={"residual": True} if drawn else {}))
    return network.model_copy(update={"layers": tuple(layers)})


def _butterflies(newer: np.random.Generator, network: Network) -> dict[str, Any]:
    """Sometimes as few as there can be, or a power of two; else as many as keep up."""
    if len(network.layers) > 1 or not network.layer.transform or newer.random() < 0.5:
        return {}
    return {"butterflies": _pick(newer, (1, 2, 4))}


def _symbols(newest: np.random.Generator, machine: dict[str, Any]) -> dict[str, Any]:
    """Sometimes inputs that come as symbols, where that can be."""
    if machine["simd"] & (machine["simd"] - 1) or newest.random() > 0.2:
        return {}
    return {"symbols": True}


def _bus_states(
    rng: np.random.Generator, network: Network, machine: dict[str, Any]
) -> dict[str, Any]:
    """Sometimes a memory of states, where that can be."""
    if machine["ports"] == "stream" or network.whole or rng.random() < 0.5:
        return {}
    return {"bus_states": True}


def _tdata(rng: np.random.Generator, network: Network, machine: dict[str, Any]) -> dict[str, Any]:
    """Sometimes a width of TDATA, where that can be."""
    if machine["ports"] == "stream" or rng.random() < 0.6:
        return {}
    model = synthetic_model("case", network, np.random.default_rng(0))
    design = Design(model=model, machine=Machine.parse(_built(network, machine), thing="case"))
    least = 8 * max(input_bytes(design).size, output_bytes(design).size)
    return {"tdata": least << int(rng.integers(5))}


def _zero_points(zeros: np.random.Generator, network: dict[str, Any]) -> dict[str, Any]:
    """Sometimes zero points: of all layers, or of some, and of the head."""
    if zeros.random() > 0.2:
        return network
    share = _pick(zeros, (0.5, 1.0))
    layers = [
        layer | ({"zero_points": True} if zeros.random() < share else {})
        for layer in network["layers"]
    ]
    network = network | {"layers": tuple(layers)}
    if "head" in network and zeros.random() < 0.5:
        network["head"] = network["head"] | {"zero_point": True}
    return network


def _has_zero_points(network: Network) -> bool:
    head = network.head is not None and network.head.zero_point
    return head or any(layer.zero_points for layer in network.layers)


def _transformed(network: Network) -> bool:
    return any(layer.transform for layer in network.layers)


def _standardised(network: Network) -> bool:
    return any(layer.normaliser.standard(layer.hidden) for layer in network.layers)


def _cell_standardised(network: Network) -> bool:
    return any(layer.state_standard for layer in network.layers)


def _built(network: Network, machine: dict[str, Any]) -> dict[str, Any]:
    """A machine that can be built: what a transform does not let be is left out."""
    if not _transformed(network):
        return machine
    model = synthetic_model("case", network, np.random.default_rng(0))
    for name in ("butterflies", "cell_units"):
        try:
            _ = Design(model=model, machine=Machine.parse(machine, thing="case"))
        except InputError:
            machine = {key: value for key, value in machine.items() if key != name}
    return machine


def _weights(rng: np.random.Generator) -> dict[str, Any]:
    """Mostly the same arithmetic for x and h; else two that have one in common."""
    one = _pick(rng, ARITHMETICS)
    two = _pick(rng, ARITHMETICS) if rng.random() < 0.3 else one
    try:
        common(arithmetic(one), arithmetic(two))
    except InputError:
        two = one
    return {"weights_x": one, "weights_h": two}


def _network(
    rng: np.random.Generator,
    newer: np.random.Generator,
    latest: np.random.Generator,
    sizes: list[int],
) -> dict[str, Any]:
    layers = [_layer(rng, newer, latest, sizes)]
    count = _pick(rng, (1, 1, 1, 2, 3))
    directed = rng.random() < 0.2
    while len(layers) < count:
        layers.append(_layer(rng, newer, latest, sizes) if rng.random() < 0.4 else layers[-1])
    if directed:
        layers = [layer | {"bidirectional": bool(rng.random() < 0.7)} for layer in layers]
    network: dict[str, Any] = {
        "inputs": _pick(rng, sizes),
        "layers": tuple(layers),
        "results": _pick(rng, ("last", "every", "every")),
    }
    last = network["results"] == "last"
    if last and layers[-1].get("bidirectional") and rng.random() < 0.3:
        network["results"] = "first-of-backward"
    elif last and rng.random() < 0.2:
        network["pooling"] = _pick(rng, ("max", "mean"))
    if rng.random() < 0.4:
        width = int(rng.integers(1, 13))
        network["x"] = {"width": width + 1, "frac": 3, "signed": bool(rng.random() < 0.5)}
    if rng.random() < 0.5:
        network["head"] = {
            "classes": _pick(rng, [size for size in sizes if size <= 17]),
            "weights": _pick(rng, ARITHMETICS),
            "scaled": bool(rng.random() < 0.4),
            "output": _pick(rng, ("class", "logits")),
        }
    return network


def _machine(rng: np.random.Generator, network: Network, largest: int) -> dict[str, Any]:
    arithmetics = [layer.weights for layer in network.layers]
    first, *others = [lane_designs(one) for one in arithmetics]
    lanes = [lane for lane in first if all(lane in designs for designs in others)]
    equal = all(layer == network.layer for layer in network.layers)
    shares = equal and not network.bidirectional and len(network.layer.phases) == 1
    shares = shares and not network.layer.transform
    widths = [width for width in WIDTHS if width <= largest]
    units = _pick(rng, widths[:-1] or widths)
    simd = _pick(rng, [width for width in widths if units * width <= MOST_PLACES])
    machine: dict[str, Any] = {
        "units": units,
        "simd": simd,
        "streams": 1 if network.whole else _pick(rng, (1, 1, 2, 3, 4)),
        "stack": _pick(rng, ("separate", "shared")) if shares else "separate",
        "longest": 16,
        "pipelined": bool(rng.random() < 0.5),
        "lane": _pick(rng, lanes),
        "operand_registers": int(rng.integers(0, 3)),
        "tree_registers": int(rng.integers(0, 5)),
        "head_simd": _pick(rng, [k for k in range(1, simd + 1) if simd % k == 0]),
    }
    if all(one.trits for one in arithmetics) and rng.random() < 0.5:
        machine["weight_code"] = "packed"
    stacked = len(network.layers) > 1 and machine["stack"] == "shared"
    serial = not (machine["pipelined"] or stacked or network.bidirectional)
    serial = serial and all(layer.serialisable for layer in network.layers)
    if serial and rng.random() < 0.4:
        machine["cell_unit"] = _pick(rng, ("serial", "bitserial"))
    elif rng.random() < 0.3:
        both = [k for k in range(1, units + 1) if units % k == 0 and simd % k == 0]
        machine["cell_units"] = _pick(rng, both)
    if rng.random() < 0.3:
        machine["head_units"] = int(rng.integers(1, 6))
    machine["ports"] = _pick(rng, (*("stream",) * 8, "axi", "wishbone"))
    machine["weights"] = _pick(rng, ("rom", "rom", "logic", "ram"))
    machine["parity"] = bool(rng.random() < 0.2)
    return machine


def _wires(rng: np.random.Generator, network: Network, machine: dict[str, Any]) -> dict[str, Any]:
    """Weights that are wires, of some small networks, without what there is only in memories."""
    wanted, adders = rng.random() < 0.1, _pick(rng, ("parallel", "serial"))
    weights = sum(
        layer.directions * layer.rows * sum(network.matrix_columns(index))
        for index, layer in enumerate(network.layers)
    )
    if not wanted or weights > MOST_WIRES:
        return machine
    stored = ("symbols", "stack", "weight_code")
    kept = {name: value for name, value in machine.items() if name not in stored}
    effort = _pick(rng, (0, 0, 1))
    return kept | {"weights": "wired", "adders": adders, "effort": effort}


def _sequences(rng: np.random.Generator, steps: int, *, rough: bool) -> tuple[CaseSequence, ...]:
    sequences = []
    while steps > 0:
        length = min(_pick(rng, STEPS), steps)
        steps -= length
        seed = int(rng.integers(1 << 32))
        state, dump = (int(rng.integers(3)), bool(rng.random() < 0.5)) if rough else (0, False)
        sequences.append(CaseSequence(steps=length, state=state, dump=dump, seed=seed))
    return tuple(sequences)
