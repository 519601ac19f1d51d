"""A design: a model on a machine, as a chain of stages."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from pascaline.spec.attention import Attention
from pascaline.spec.core import Core
from pascaline.spec.decoder import Decoder
from pascaline.spec.entry import Entry
from pascaline.spec.errors import InputError
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.keywords import KEYWORDS
from pascaline.spec.machine import Machine
from pascaline.spec.memories import WIDEST, Memories, flat
from pascaline.spec.model import Model
from pascaline.spec.network import Head, Network
from pascaline.spec.stage import Stage
from pascaline.spec.stages.attend import Attend
from pascaline.spec.stages.core import CoreStage
from pascaline.spec.stages.decode import Decode
from pascaline.spec.stages.gather import Gather
from pascaline.spec.stages.replay import Both, Merge
from pascaline.spec.stages.residual import Add, Fork

__all__ = ["KINDS", "Design"]

KINDS: dict[str, type[Stage]] = {
    one.kind: one for one in (CoreStage, Fork, Add, Both, Merge, Attend, Decode, Gather)
}
"""The kinds of stages. Reports list the parts of stages in this order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """A model on a machine.

    Vectors go through ``stages``: cores, one a layer or one for all; a core with two directions has
    a buffer of whole sequences before it, and one behind it where its output is needed step by
    step, and one with a residual connection has what adds x to its output. The last core has the
    head, unless that needs vectors that are gathered first, or one that attention makes of all
    steps.

    Parameters
    ----------
    model : Model
        What is computed.
    machine : Machine
        How much hardware computes it.

    Raises
    ------
    InputError
        If the machine cannot be built for this model.

    Examples
    --------
    >>> from pascaline.models.catalogue import find_model
    >>> design = Design(model=find_model("tiny-ternary"), machine=Machine(units=2, simd=4))
    >>> design.name, [stage.name for stage in design.stages]
    ('tiny_ternary', ['core_0'])
    """

    model: Model
    machine: Machine

    def __post_init__(self) -> None:
        network, machine = self.network, self.machine
        if machine.bus_states:
            self._check_states()
        if machine.tdata is not None and not machine.on_bus:
            rule = "must not be given with plain streams, whose beats are those of the lanes"
            raise InputError("machine: tdata", rule, machine.tdata)
        if network.decoder is not None:
            self._check_decoder()
        if network.bidirectional:
            if machine.streams > 1:
                rule = "must be 1 with bidirectional layers, whose two directions are streams"
                raise InputError("machine: streams", rule, machine.streams)
            if self._shared:
                rule = "must be separate with bidirectional layers"
                raise InputError("machine: stack", rule, machine.stack)
        if any(layer.residual for layer in network.layers):
            self._check_residual()
        if self._shared and any(layer != network.layer for layer in network.layers):
            rule = "must be separate for layers that are not equal"
            raise InputError("machine: stack", rule, machine.stack)
        if machine.layer_units is not None:
            count = 1 if self._shared else len(network.layers)
            if len(machine.layer_units) != count:
                rule = f"must have a number for each of {count} cores"
                raise InputError("machine: layer_units", rule, len(machine.layer_units))
        _ = self.stages  # All that is checked is checked now.

    def _check_states(self) -> None:
        """Only what is on a bus has a memory of states, and only what keeps states."""
        if not self.machine.on_bus:
            rule = "must be false with plain streams, which take and give states themselves"
            raise InputError("machine: bus_states", rule, self.machine.bus_states)
        if self.network.whole:
            rule = "must be false with bidirectional layers or a decoder, which keep no states"
            raise InputError("machine: bus_states", rule, self.machine.bus_states)

    def _check_residual(self) -> None:
        """Chunks of x must be those of h, one by one."""
        network, machine = self.network, self.machine
        if self._shared:
            rule = "must be separate with residual connections"
            raise InputError("machine: stack", rule, machine.stack)
        if machine.symbols and network.layers[0].residual:
            rule = "must be false where the first layer is residual, which adds vectors"
            raise InputError("machine: symbols", rule, machine.symbols)
        for index, layer in enumerate(network.layers):
            parts = self._parts(index)
            if layer.residual and len(parts) > 1 and parts[0] % machine.simd:
                rule = f"must divide {parts[0]}, a direction of the input of residual layer {index}"
                raise InputError("machine: simd", rule, machine.simd)

    def _check_decoder(self) -> None:
        machine, layer = self.machine, self.network.layer
        if machine.streams > 1:
            raise InputError("machine: streams", "must be 1 with a decoder", machine.streams)
        # h of the decoder meets outputs of both directions, each of which starts with a chunk.
        if layer.bidirectional and layer.hidden % machine.simd:
            rule = f"must divide the {layer.hidden} units of a direction that a decoder looks at"
            raise InputError("machine: simd", rule, machine.simd)

    def __getstate__(self) -> dict[str, Any]:
        # What is derived from these is not sent to other processes.
        return {"model": self.model, "machine": self.machine}

    @property
    def name(self) -> str:
        """Name of the Verilog top: the model's, made safe."""
        name = self.model.name.replace("-", "_")
        return f"{name}_top" if name in KEYWORDS else name

    @property
    def network(self) -> Network:
        """The model's network."""
        return self.model.network

    @property
    def head(self) -> Head | None:
        """The network's head."""
        return self.network.head

    @property
    def _shared(self) -> bool:
        return len(self.network.layers) > 1 and self.machine.stack == "shared"

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The chain, from input to output."""
        found: list[Stage] = []
        for number, core in enumerate(self.cores):
            if core.directions > 1:
                found.append(Both(name=f"both_{number}", core=core))
            if core.layer.residual:
                found.append(Fork(name=f"fork_{number}", core=core))
            found.append(CoreStage(name=f"core_{number}", core=core))
            if core.layer.residual:
                found.append(Add(name=f"add_{number}", core=core))
            if core.directions > 1 and (core.onward or self._stepwise):
                found.append(Merge(name=f"merge_{number}", core=core))
        if self.network.attention is not None:
            found.append(self._attend(self.network.attention, found[-1]))
        if self.network.decoder is not None:
            found.append(self._decode(self.network.decoder, found[-1]))
        if self._gathers:
            found.append(self._gather(found[-1]))
        return tuple(found)

    @cached_property
    def cores(self) -> tuple[Core, ...]:
        """The cores among them, from input to output."""
        count = len(self.network.layers)
        spans = [range(count)] if self._shared else [range(k, k + 1) for k in range(count)]
        units = self.machine.layer_units or (self.machine.units,) * len(spans)
        return tuple(self._core(span, one) for span, one in zip(spans, units, strict=True))

    def _core(self, span: range, units: int) -> Core:
        network, model = self.network, self.model
        machine = self.machine.model_copy(update={"units": units, "layer_units": None})
        last = span[-1] == len(network.layers) - 1
        own = last and network.decoder is None
        core = Core(
            layers=network.layers[span[0] : span[-1] + 1],
            tensors=model.directions[span[0] : span[-1] + 1],
            inputs=self._parts(span[0]),
            x=network.layer_x(span[0]),
            machine=machine,
            stateful=not network.whole,
            results=network.results if own and network.pooling == "none" else "every",
            onward=not last,
            symbols=machine.symbols and span[0] == 0,
        )
        if own and not self._gathers and self.head is not None:
            return core.with_head(self._head_unit(core))
        return core

    def _parts(self, index: int) -> tuple[int, ...]:
        """Elements of the input of a layer, or behind the last one of its output, by direction."""
        if index == 0:
            return (self.network.inputs,)
        before = self.network.layers[index - 1]
        return (before.hidden,) * before.directions

    def _head_unit(self, core: Core, parts: tuple[int, ...] = ()) -> HeadUnit:
        """The head on the outputs of the layers, and perhaps on ``parts`` before them."""
        assert self.head is not None
        assert self.model.head is not None
        return HeadUnit(
            head=self.head,
            tensors=self.model.head,
            inputs=(*parts, *self._parts(len(self.network.layers))),
            h=core.layer.h,
            machine=self.machine,
            budget=core.program.step_chunks,
        )

    @property
    def _stepwise(self) -> bool:
        """Whether the outputs of all steps are wanted, of both directions at once."""
        network = self.network
        return network.results in ("every", "decoded") or network.pooling == "attention"

    def _attend(self, attention: Attention, before: Stage) -> Attend:
        assert self.model.query is not None
        return Attend(
            name="attend",
            before=before,
            attention=attention,
            query=self.model.query,
            inputs=self._parts(len(self.network.layers)),
            h=self.cores[-1].layer.h,
            machine=self.machine,
        )

    def _decode(self, decoder: Decoder, before: Stage) -> Decode:
        tensors = self.model.decoder
        assert tensors is not None
        parts, h = self._parts(len(self.network.layers)), self.network.layer.h
        machine = self.machine.model_copy(update={"layer_units": None})
        core = Core(
            layers=(decoder.layer,),
            tensors=((tensors.layer,),),
            inputs=(decoder.embedding, *parts),
            x=h,
            machine=machine,
            results="every",
        )
        return Decode(
            name="decode",
            before=before,
            decoder=decoder,
            core=core,
            embedding=tensors.embedding,
            inputs=parts,
            h=h,
            machine=machine,
            head=self._head_unit(core, (decoder.layer.hidden,)),
        )

    @property
    def _gathers(self) -> bool:
        network = self.network
        if network.decoder is not None:
            return False
        if network.pooling == "attention":
            # A result without a head is what attention gives.
            return self.head is not None
        if network.pooling != "none" or network.results == "first-of-backward":
            return True
        apart = network.layer.bidirectional or network.layer.residual
        return apart and self.head is not None

    def _gather(self, before: Stage) -> Gather:
        core = self.cores[-1]
        return Gather(
            name="gather",
            before=before,
            inputs=self._parts(len(self.network.layers)),
            h=core.layer.h,
            machine=self.machine,
            pooling="none" if self.network.pooling == "attention" else self.network.pooling,
            results=self.network.results,
            head=self._head_unit(core) if self.head is not None else None,
        )

    @property
    def head_unit(self) -> HeadUnit | None:
        """The head on its lanes, wherever it is."""
        return self.stages[-1].head_unit

    @cached_property
    def memories(self) -> Memories:
        """The model's memories, of all stages."""
        return {name: one for stage in self.stages for name, one in stage.memories.items()}

    def check_words(self) -> None:
        """Refuse a machine of which there can be no Verilog, though its cycles are known.

        Raises
        ------
        InputError
            If a memory has words of more than `spec.memories.WIDEST` bits.
        """
        rule = f"must have words of at most {WIDEST} bits, which units and simd make wide"
        for path, memory in flat(self.memories):
            bits = memory.stored(self.machine.parity)
            if bits > WIDEST:
                raise InputError(f"machine: {'.'.join(path)}", rule, bits)

    @property
    def entry(self) -> Entry:
        """How inputs come in."""
        return self.cores[0].entry

    @property
    def bare(self) -> bool:
        """Whether the machine is its only stage, and no stage of a larger one."""
        return len(self.stages) == 1 and not (self.machine.home.loaded or self.machine.parity)

    @property
    def limited(self) -> bool:
        """Whether sequences may be too long for it, which their results say then.

        On a bus such packets are dropped.
        """
        return self.network.bounded and not self.machine.on_bus

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream at the ports."""
        return (self.machine.streams - 1).bit_length()

    @property
    def result_parts(self) -> tuple[int, ...]:
        """Elements of a result without a head, by direction; each starts with a chunk."""
        return self._parts(len(self.network.layers))

    @property
    def operations(self) -> int:
        """Weight operations of a step: one for each weight; of symbols, for what is picked."""
        network, found = self.network, 0
        for index, layer in enumerate(network.layers):
            columns = sum(network.matrix_columns(index))
            if index == 0 and self.machine.symbols:
                columns -= network.inputs - 1
            found += layer.directions * layer.rows * columns
        return found

    @property
    def places(self) -> Fraction:
        """Weight operations that all lanes can do in a cycle."""
        return sum((core.places for core in self.cores), start=Fraction(0))
