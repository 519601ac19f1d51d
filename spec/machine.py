"""The machine: how much hardware computes a network. Any machine computes any network."""

from __future__ import annotations

import tomllib
import warnings
from operator import not_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pascaline.spec.checked import Checked, is_none
from pascaline.spec.lanes import LaneDesign
from pascaline.spec.outside import parsing, text_of
from pascaline.spec.portstyles import STYLES, PortStyle, StyleName

if TYPE_CHECKING:
    from pascaline.spec.homes import Home

__all__ = ["RETIRED", "Machine"]

LARGEST_FILE = 1 << 16
"""Bytes of a file of a machine."""

RETIRED: dict[str, dict[str, str]] = {
    "stack": {"pipelined": "separate"},
    "cell_unit": {"pipelined": "parallel"},
    "weight_code": {"dense": "packed"},
}
"""Former names of values, by parameter: each old name with the present one.

Old names are accepted for one more release, with a `FutureWarning`.
"""


EFFORT = 2
"""Seconds of a search that is fast enough for a first look."""


def is_parallel(adders: str) -> bool:
    """Left out of files of machines whose weights are in memories."""
    return adders == "parallel"


def is_target(multipliers: str) -> bool:
    """Left out of what images are checked by, as machines without it had it."""
    return multipliers == "target"


def is_usual(effort: int) -> bool:
    """The same."""
    return effort == EFFORT


class Machine(Checked):
    """Machine parameters.

    Parameters
    ----------
    units : int
        Hidden units computed side by side; an LSTM unit has four lanes, one a gate.
    simd : int
        Inputs that each lane adds in a cycle; also elements of one beat of the input stream.
    symbols : bool
        Whether inputs are one-hot and come as numbers of symbols, see `spec.entry`: lanes then read
        the chunk with that symbol alone. ``simd`` must be a power of two.
    streams : int
        Sequences that are interleaved, each with a state of its own: while the lanes work on a step
        of one, the h of another's last step is on its way.
    stack : {"separate", "shared"}
        Whether each layer of a stack has lanes of its own and works on a step while the next layer
        works on the step before, or all take turns on the same lanes; these must then be equal but
        for their inputs.
    layer_units : tuple of int or None
        Units of each core of a separate stack, from input to output; ``None``: ``units`` for all.
        The slowest core sets the pace, so one with less to do needs fewer.
    lane : {"tree", "pairs", "subsets", "booth"}
        How lanes compute their sums, see `spec.lanes`. All compute the same.
    operand_registers : int
        Registers between memories and lanes. What lanes share is computed before the last of them.
    tree_registers : int
        Pipeline registers in each adder tree, spread evenly over its levels; more than the tree has
        levels are as many as it has levels.
    pipelined : bool
        Registers after every memory, product, sum and saturation behind the lanes and in the head,
        for a faster clock; see `spec.pipeline`.
    cell_unit : {"parallel", "serial", "bitserial"}
        What computes the element-wise part of a unit: a multiplier for each of its products, and a
        unit a cycle; or one multiplier for all of them, and a unit in ``pipeline.whole`` cycles,
        for small machines; or one adder, which takes a bit of a factor a cycle, for the smallest.
    cell_units : int or None
        Units that leave the lanes for the element-wise part in a cycle. Must divide ``units`` and
        ``simd``. ``None``: the fewest that keep up with the lanes. 1 if not parallel.
    butterflies : int or None
        Butterflies of the transform of a layer whose h meets no matrix, see `spec.walsh`. ``None``:
        the fewest that keep up with the lanes.
    head_units : int or None
        Rows of the head computed side by side. ``None``: the fewest that keep up with the lanes;
        with fewer, steps after a result may have to wait.
    head_simd : int
        Inputs that each lane of the head adds in a cycle; must divide ``simd``.
    full_tables : bool
        Whether tables of activation functions are full ones, also where folded ones have the same
        values in fewer bits, see `spec.folded`.
    multipliers : {"target", "adders"}
        Products of two values in cell units, of a gate and what it lets through: multiplications,
        which the target makes as it can; or adders, for LUTs without hard multipliers.
    weights : {"rom", "logic", "ram", "wired"}
        Where the model's integers live: in the netlist, in memories or as functions of an address;
        in memories that are loaded, see `spec.loading`, and then nothing of the netlist depends on
        their values; or, those of gates, in the wires between adders, see `spec.wires`. All units
        are then side by side, whatever ``units`` and ``lane`` say.
    adders : {"parallel", "serial"}
        Adders of wired weights: as wide as their sums, or of one bit, which takes the bits of a sum
        one after the other.
    effort : int
        Of the search for fewer adders of wired weights: about as many seconds on a core of the year
        2020. It stands for a number of moves, so that the same adders are found everywhere. 0: what
        sums obviously share.
    weight_code : {"plain", "packed"}
        How they are stored: a code each, or five ternary weights in a byte, see `spec.trits`.
    ports : {"stream", "axi", "wishbone"}
        How the machine is connected: its plain streams; AXI4-Stream with AXI4-Lite control; or
        AXI4-Stream with pipelined Wishbone B4 control.
    longest : int
        Steps of the longest sequence, where a whole one has to be held, or its mean to be taken.
    tdata : int or None
        Bits of TDATA of the streams on a bus, a power of two, as DMA engines have them. ``None``:
        ``simd`` numbers of a vector, and a number, or ``simd`` of h, of a result.
    bus_states : bool
        Whether states can be written and read over the bus, see `spec.states`.
    parity : bool
        Whether memories have parity bits: after a wrong word has been read no result is given.

    Examples
    --------
    >>> machine = Machine(units=8, simd=16, parity=True)
    >>> machine.units * machine.simd
    128
    """

    units: int = Field(default=1, ge=1, le=2048)
    simd: int = Field(default=1, ge=1, le=2048)
    # Left out of what images are checked by, as machines without it had it.
    symbols: bool = Field(default=False, exclude_if=not_)
    streams: int = Field(default=1, ge=1, le=64)
    stack: Literal["separate", "shared"] = "separate"
    layer_units: tuple[Annotated[int, Field(ge=1, le=2048)], ...] | None = None
    lane: LaneDesign = "tree"
    operand_registers: int = Field(default=0, ge=0, le=4)
    tree_registers: int = Field(default=0, ge=0, le=12)
    pipelined: bool = False
    cell_unit: Literal["parallel", "serial", "bitserial"] = "parallel"
    cell_units: int | None = Field(default=None, ge=1, le=2048)
    # Left out of what images are checked by, as machines without a transform had it.
    butterflies: int | None = Field(default=None, ge=1, le=65536, exclude_if=is_none)
    head_units: int | None = Field(default=None, ge=1, le=2048)
    head_simd: int = Field(default=1, ge=1, le=2048)
    # Left out of what images are checked by, as machines without it had it.
    full_tables: bool = Field(default=False, exclude_if=not_)
    multipliers: Literal["target", "adders"] = Field(default="target", exclude_if=is_target)
    weights: Literal["rom", "logic", "ram", "wired"] = "rom"
    adders: Literal["parallel", "serial"] = Field(default="parallel", exclude_if=is_parallel)
    effort: int = Field(default=EFFORT, ge=0, le=100_000, exclude_if=is_usual)
    weight_code: Literal["plain", "packed"] = "plain"
    ports: StyleName = "stream"
    longest: int = Field(default=256, ge=1, le=65536)
    # Left out of files of machines that do not have them.
    tdata: int | None = Field(default=None, ge=8, le=1024, exclude_if=is_none)
    bus_states: bool = Field(default=False, exclude_if=not_)
    parity: bool = False

    @property
    def home(self) -> Home:
        """Where the model's integers live."""
        from pascaline.spec.homes import HOMES  # NumPy, which a help of the options can do without.

        return HOMES[self.weights]

    @property
    def settled(self) -> Machine:
        """The same machine; parameters that say nothing in its home have their defaults.

        Examples
        --------
        >>> machine = Machine(units=8, lane="pairs", weights="wired", adders="serial").settled
        >>> machine.units, machine.lane, machine.adders
        (1, 'tree', 'serial')
        """
        usual = {name: Machine.model_fields[name].default for name in self.home.unread}
        return self.model_copy(update=usual)

    @property
    def port_style(self) -> PortStyle:
        """How the machine is connected."""
        return STYLES[self.ports]

    @property
    def on_bus(self) -> bool:
        """Whether it takes packets and has registers."""
        return self.port_style.control is not None

    @field_validator("tdata")
    @classmethod
    def _power_of_two(cls, value: int | None) -> int | None:
        if value is not None and value & (value - 1):
            raise ValueError("should be a power of two")
        return value

    @field_validator("layer_units", mode="before")
    @classmethod
    def _as_tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="before")
    @classmethod
    def _present(cls, values: Any) -> Any:
        """The present words for retired ones."""
        if not isinstance(values, dict):
            return values
        present = {}
        for name, words in RETIRED.items():
            word = values.get(name)
            if isinstance(word, str) and word in words:
                present[name] = words[word]
                text = f'machine: {name}: "{word}" is now called "{words[word]}"'
                warnings.warn(text, FutureWarning, stacklevel=2)
        return values | present

    @classmethod
    def read(cls, path: Path) -> Machine:
        """Read a machine from a TOML file of its parameters."""
        text = text_of(path, LARGEST_FILE)
        with parsing(str(path), "TOML"):
            table = tomllib.loads(text)
        return cls.parse(table, thing=str(path))
