"""Random cases: a whole network, its weights, a machine and traffic, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.cells import State
from sim.job import Episode, Job, Pauses, Sequence
from spec.arithmetic import Arithmetic
from spec.cells.layer import Layer
from spec.cycles import step_cycles
from spec.design import Design
from spec.lanes import lane_designs
from spec.machine import Machine
from spec.network import Network
from spec.ports import FROM_LOADED
from spec.synthetic import synthetic_model

__all__ = ["Case", "draw"]

SIZES = (1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 32, 33, 63, 64, 65)
"""Sizes of vectors: 1, primes, powers of two and their neighbours."""

WIDTHS = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32)
"""Units and inputs side by side."""

ARITHMETICS = (
    *("binary", "ternary", "pow2", "pow2i0f2", "pow2i1f2", "pow2i4f4", "exp3", "exp4", "exp5"),
    *("fixed2", "fixed3", "fixed8", "fixed12", "fixed16"),
)


@dataclass(frozen=True)
class Case:
    """A drawn case: two jobs on one design.

    Attributes
    ----------
    design : Design
        The design.
    plain : Job
        Sequences from zero without any pause; its cycles must be what the formula says.
    rough : Job
        Pauses, kept and loaded states, dumps, and a reset in the middle.
    """

    design: Design
    plain: Job
    rough: Job


def draw(seed: int, *, cycles: int = 5000, largest: int = 65) -> Case:
    """Draw the case of a seed.

    Parameters
    ----------
    seed : int
        The seed; the same one gives the same case.
    cycles : int
        About how many cycles each job takes without pauses: fast machines get more steps.
    largest : int
        Largest size of a vector.
    """
    rng = np.random.default_rng(seed)
    sizes = [size for size in SIZES if size <= largest]
    network = Network.parse(_network(rng, sizes), thing="case")
    model = synthetic_model(f"case-{seed}", network, rng, shared_scale=bool(rng.random() < 0.4))
    machine = _machine(rng, network.layers[0].weights, largest)
    design = Design(model=model, machine=Machine.parse(machine, thing="case"))
    steps = int(min(max(cycles / step_cycles(design), 4), 5000))
    plain = Job(
        model=model,
        machine=design.machine,
        episodes=(Episode(sequences=_sequences(rng, design, steps, rough=False)),),
        seed=seed,
    )
    rough = Job(
        model=model,
        machine=design.machine,
        episodes=(
            Episode(
                sequences=_sequences(rng, design, steps // 2, rough=True),
                shuffled=True,
                cut=int(rng.integers(1, 400)),
            ),
            Episode(sequences=_sequences(rng, design, steps, rough=True), shuffled=True),
        ),
        pauses=Pauses(
            **{name: _pick(rng, (0.0, 0.2, 0.7)) for name in ("i_x", "i_state", "o", "o_state")}
        ),
        seed=seed,
    )
    return Case(design, plain, rough)


def _pick(rng: np.random.Generator, choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _format(width: int, frac: int, *, signed: bool = True) -> dict[str, Any]:
    return {"width": width, "frac": frac, "signed": signed}


def _network(rng: np.random.Generator, sizes: list[int]) -> dict[str, Any]:
    hidden = _pick(rng, sizes)
    layer: dict[str, Any] = {"hidden": hidden, "weights": _pick(rng, ARITHMETICS)}
    if rng.random() < 0.3:
        layer["cell_affine"] = {}
    if rng.random() < 0.5:
        layer["activation"] = {"form": "pwl", "segments": 1 << int(rng.integers(1, 8))}
    if rng.random() < 0.5:
        pre = int(rng.integers(9, 14))
        layer["pre"] = _format(pre, pre - 4)
        layer["h"] = _format(int(rng.integers(2, 13)), int(rng.integers(4, 12)))
        layer["tanh"] = _format(int(rng.integers(3, 13)), int(rng.integers(6, 12)))
        layer["sigmoid"] = _format(int(rng.integers(3, 13)), int(rng.integers(6, 12)), signed=False)
        layer["cell"] = _format(int(rng.integers(12, 20)), int(rng.integers(11, 16)))
    network: dict[str, Any] = {
        "inputs": _pick(rng, sizes),
        "layers": (layer,),
        "results": _pick(rng, ("last", "every")),
    }
    if rng.random() < 0.4:
        width = int(rng.integers(1, 13))
        network["x"] = _format(width + 1, 3, signed=bool(rng.random() < 0.5))
    if rng.random() < 0.7:
        network["head"] = {
            "classes": _pick(rng, [size for size in sizes if size <= 17]),
            "weights": _pick(rng, ARITHMETICS),
            "scaled": bool(rng.random() < 0.4),
            "output": _pick(rng, ("class", "logits")),
        }
    return network


def _machine(rng: np.random.Generator, arithmetic: Arithmetic, largest: int) -> dict[str, Any]:
    widths = [width for width in WIDTHS if width <= largest]
    units, simd = _pick(rng, widths[:-1]), _pick(rng, widths)
    machine: dict[str, Any] = {
        "units": units,
        "simd": simd,
        "streams": _pick(rng, (1, 1, 2, 3, 4)),
        "pipelined": bool(rng.random() < 0.5),
        "lane": _pick(rng, lane_designs(arithmetic)),
        "operand_registers": int(rng.integers(0, 3)),
        "tree_registers": int(rng.integers(0, 5)),
        "head_simd": _pick(rng, [k for k in range(1, simd + 1) if simd % k == 0]),
    }
    if arithmetic.trits and rng.random() < 0.5:
        machine["weight_code"] = "dense"
    if not machine["pipelined"] and rng.random() < 0.4:
        machine["cell_unit"] = "serial"
    elif rng.random() < 0.3:
        both = [k for k in range(1, units + 1) if units % k == 0 and simd % k == 0]
        machine["cell_units"] = _pick(rng, both)
    if rng.random() < 0.3:
        machine["head_units"] = int(rng.integers(1, 6))
    return machine


def _sequences(
    rng: np.random.Generator, design: Design, steps: int, *, rough: bool
) -> tuple[Sequence, ...]:
    sequences = []
    while steps > 0:
        length = min(_pick(rng, (1, 1, 2, 3, 5, 8, 13)), steps)
        steps -= length
        x = _values(rng, design.network.x.interval, (length, design.network.inputs))
        if not rough or not design.cores[0].stateful:
            sequences.append(Sequence(x=x))
            continue
        state = int(rng.integers(3))
        load: tuple[State, ...] = ()
        if state == FROM_LOADED:
            load = tuple(_state(rng, layer) for layer in design.network.layers)
        sequences.append(Sequence(x=x, state=state, load=load, dump=bool(rng.random() < 0.5)))
    return tuple(sequences)


def _state(rng: np.random.Generator, layer: Layer) -> State:
    shape, carried = (1, layer.hidden), layer.carried
    h = _values(rng, layer.h.interval, shape)
    c = h[:, :0] if carried is None else _values(rng, carried.interval, shape)
    return State(h, c)


def _values(rng: np.random.Generator, interval: Any, shape: tuple[int, int]) -> Any:
    """Random numbers, or one of the corners everywhere, or corners at random."""
    lo, hi = interval.lo, interval.hi
    kind = rng.random()
    if kind < 0.6:
        return rng.integers(lo, hi, shape, endpoint=True)
    if kind < 0.8:
        return np.full(shape, _pick(rng, (lo, hi, 0)), dtype=np.int64)
    return rng.choice(np.array([lo, hi, 0]), shape)
