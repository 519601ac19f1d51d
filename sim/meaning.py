"""What a machine's bits mean, as signals of its waveform.

Features and results are numbers, classes and phases are text. A module that only simulation has is
put into the top. It takes beats at the same clock edges as the machine, so its signals are those of
the last beats that have gone over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pascaline.sim.hierarchy import Hierarchy, Net
from pascaline.sim.signals import Part
from pascaline.spec.bus import input_bytes, output_bytes
from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.formats import Format
from pascaline.spec.instances import instance, joined
from pascaline.spec.ports import ports

__all__ = ["Meaning", "meaning"]

INSTANCE = "meaning"
"""The name of the instance below the top; of the module it is the start."""

BEFORE = "-"
"""The text before there is a class."""

Lines = list[str]


@dataclass(frozen=True)
class _Stream:
    """A stream at the top: its nets, and where in a beat its numbers are."""

    name: str
    data: str
    over: str
    width: int
    stride: int
    signed: bool

    @classmethod
    def of(cls, design: Design, name: str) -> _Stream:
        """The stream of inputs, ``i_x``, or of results, ``o``."""
        data, top = ports(design)[name].layout.fields[0], design.name
        if not design.machine.on_bus:
            nets, stride = f"{top}.{name}__", data.width
            over, payload = f"{nets}valid && {nets}ready", f"{nets}payload"
        else:
            taken = name == "i_x"
            nets = f"{top}.{'s' if taken else 'm'}_axis_t"
            stride = 8 * (input_bytes if taken else output_bytes)(design).size
            over, payload = f"{nets}valid && {nets}ready", f"{nets}data"
        return cls(name, payload, over, data.width, stride, data.signed)

    def number(self, index: int) -> str:
        """A number of a beat."""
        low = index * self.stride
        sign = "$signed" if self.signed else "$unsigned"
        return f"{sign}({self.data}[{low + self.width - 1}:{low}])"


@dataclass(frozen=True)
class Meaning:
    """Signals that say what others mean.

    Attributes
    ----------
    verilog : str
        The design, with the module in its top.
    parts : list of Part
        What of it is to be shown.
    """

    verilog: str
    parts: list[Part]


def meaning(design: Design, verilog: str) -> Meaning:
    """Put the signals into a design.

    Features are ``x_0`` and so on. Results are ``class_name``, a text, and ``logit_0`` and so on,
    as real logits if the card says what 1 stands for; or ``h_0`` and so on. What goes on is
    ``phase``, a text, for each stage that has `spec.stage.Stage.phases`.

    Parameters
    ----------
    design : Design
        The design.
    verilog : str
        Its Verilog.
    """
    made = _Module(design, Hierarchy(verilog, design.name))
    made.features()
    made.results()
    made.phases()
    name = f"{INSTANCE}__{design.name}"
    end = verilog.index("endmodule", verilog.index(f"module {design.name}("))
    text = f"{verilog[:end]}  {name} {INSTANCE} ();\n{verilog[end:]}\n"
    body = "\n".join(f"  {line}" for line in [*made.declared, *made.done])
    return Meaning(f"{text}module {name}();\n{body}\nendmodule\n", made.parts)


class _Module:
    """Declarations, processes, and what is shown, as they come."""

    def __init__(self, design: Design, hierarchy: Hierarchy) -> None:
        self._design = design
        self._hierarchy = hierarchy
        self.declared: Lines = []
        self.done: Lines = []
        self.parts: list[Part] = []
        bus = design.machine.on_bus
        self._clock = f"{design.name}.{'aclk' if bus else 'clk'}"
        self._reset = f"!{design.name}.aresetn" if bus else f"{design.name}.rst"

    def features(self) -> None:
        """The elements of the input."""
        entry = self._design.entry
        names = [f"x_{number}" for number in range(entry.elements)]
        places = [names[first : first + entry.simd] for first in range(0, len(names), entry.simd)]
        title = "symbols" if self._design.machine.symbols else f"features, {entry.element}"
        self._beats(_Stream.of(self._design, "i_x"), places, entry.element)
        self._show(title, names, "real")

    def results(self) -> None:
        """What comes out: classes, logits, or h."""
        design, head = self._design, self._design.head
        stream = _Stream.of(design, "o")
        if head is None:
            h, simd = design.cores[-1].layer.h, design.machine.simd
            places, first = [], 0
            for elements in design.result_parts:
                names = [f"h_{number}" for number in range(first, first + elements)]
                places += [names[at : at + simd] for at in range(0, elements, simd)]
                first += elements
            self._beats(stream, places, h)
            self._show(f"results, {h}", [name for beat in places for name in beat], "real")
            return
        names = list(class_names(design.model)) or [str(number) for number in range(head.classes)]
        texts = [name if name.isascii() else str(number) for number, name in enumerate(names)]
        width = max(map(len, [BEFORE, *texts]))
        self.declared.append(f"reg [{8 * width - 1}:0] class_name = {_text(BEFORE, width)};")
        cases = [
            f"{number}: class_name <= {_text(text, width)};" for number, text in enumerate(texts)
        ]
        if head.output == "class":
            self._taken(stream, [f"case ({stream.number(0)})", *cases, "endcase"])
            self._show("results", ["class_name"], "ascii", 8 * width)
            return
        unit = design.model.card.get("logit_unit")
        logits = [f"logit_{number}" for number in range(head.classes)]
        scale = unit if isinstance(unit, float) else 1.0
        self.declared += ["real best = 0;", "integer best_index = 0;"]
        now = stream.number(0)
        better = f"(o_beat == 0 || {now} > best)"
        chosen = [f"if {better} begin best = {now}; best_index = o_beat; end"]
        chosen += [f"if (o_beat == {head.classes - 1}) case (best_index)", *cases, "endcase"]
        self._beats(stream, [[name] for name in logits], scale, chosen)
        self._show("results", ["class_name"], "ascii", 8 * width)
        self._show("logits", logits, "real")

    def phases(self) -> None:
        """What sequencers do, by stage."""
        for stage in self._design.stages:
            for inside, words in stage.phases.items():
                path = joined(instance(self._design, stage), inside)
                name = joined("" if self._design.bare else stage.name, inside.rpartition(".")[0])
                signal = "_".join(filter(None, [name.replace(".", "_"), "phase"]))
                width = max(map(len, words))
                there = {word: self._resolved(path, rule) for word, rule in words.items()}
                chain = " : ".join(
                    f"({rule}) ? {_text(word, width)}" if rule else _text(word, width)
                    for word, rule in there.items()
                    if rule is not None
                )
                self.declared.append(f"wire [{8 * width - 1}:0] {signal} = {chain};")
                self._show("phases", [signal], "ascii", 8 * width)

    def _beats(
        self,
        stream: _Stream,
        places: Sequence[Sequence[str]],
        form: Format | float,
        more: Sequence[str] = (),
    ) -> None:
        """Numbers of a stream whose beats have these elements, beat after beat."""
        one = 2.0**-form.frac if isinstance(form, Format) else form
        beat = f"{stream.name}_beat"
        self.declared += [f"real {name} = 0;" for names in places for name in names]
        self.declared.append(f"integer {beat} = 0;")
        body = [f"case ({beat})"]
        for number, names in enumerate(places):
            taken = [f"{name} <= {stream.number(at)} * {one!r};" for at, name in enumerate(names)]
            body.append(f"{number}: begin {' '.join(taken)} end")
        body += ["endcase", *more, f"{beat} <= {beat} == {len(places) - 1} ? 0 : {beat} + 1;"]
        self._taken(stream, body, f"{beat} <= 0;")

    def _taken(self, stream: _Stream, body: Sequence[str], reset: str = "") -> None:
        """Do something with each beat that goes over."""
        self.done += [f"always @(posedge {self._clock})"]
        self.done += [f"  if ({self._reset}) begin {reset} end"]
        self.done += [
            f"  else if ({stream.over}) begin",
            *(f"    {line}" for line in body),
            "  end",
        ]

    def _resolved(self, path: str, rule: str) -> str | None:
        """A rule over names of nets of an instance; None if the machine lacks one."""
        found = {name: self._hierarchy.net(path, name) for name in re.findall(r"[a-z_]\w*", rule)}
        nets = {name: net.path for name, net in found.items() if net is not None}
        if len(nets) < len(found):
            return None
        return re.sub(r"[a-z_]\w*", lambda name: nets[name[0]], rule)

    def _show(self, title: str, names: Sequence[str], form: str, width: int = 64) -> None:
        nets = [
            (Net(f"{self._design.name}.{INSTANCE}.{name}", width, False), form) for name in names
        ]
        if self.parts and self.parts[-1].title == title:
            self.parts[-1].nets.extend(nets)
        else:
            self.parts.append(Part(title, nets))


def _text(text: str, width: int) -> str:
    """A text as a constant; what is shorter is filled up on its right."""
    return '"' + "".join(_letters(text.ljust(width))) + '"'


def _letters(text: str) -> Iterator[str]:
    for letter in text:
        yield letter if letter.isprintable() and letter not in '"\\%' else f"\\{ord(letter):03o}"
