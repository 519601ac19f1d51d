"""The register file as a part of a bench: what reads must give, from what went over the pins.

It knows no pipeline: between the request of an access and its answer lies a window, and what was
counted in that window may be in the answer or not. While nothing goes on, windows are points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pascaline.sim.control import Access
from pascaline.sim.fields import MODELS, FieldModel, Past
from pascaline.sim.seen import Seen
from pascaline.spec.register import Register

__all__ = ["RegisterModel"]


class RegisterModel:
    """What the registers of a machine read.

    Parameters
    ----------
    table : sequence of Register
        The registers.
    """

    def __init__(self, table: Sequence[Register]) -> None:
        self._registers = {register.offset: register for register in table}
        self._fields = {
            register.offset: [MODELS[type(field)](register, field) for field in register.fields]
            for register in table
        }
        self._values = {register.offset: register.value for register in table}
        self._cleared: dict[str, tuple[int, int]] = {}

    def judge(
        self,
        accesses: Sequence[Access],
        answers: Sequence[int | None],
        window: tuple[Seen, Seen],
        *,
        ordered: bool,
    ) -> list[str]:
        """What is wrong with the answers to accesses that were made back to back.

        Parameters
        ----------
        accesses, answers
            See `sim.control.Control.transfer`.
        window : tuple of Seen
            What had been seen before the first request, and after the last answer.
        ordered : bool
            Whether reads and writes came in this order, or only the reads and the writes each.
        """
        faults = []
        for place, (access, answer) in enumerate(zip(accesses, answers, strict=True)):
            offset = access.address & ~3
            if access.value is not None:
                takes = any(field.takes for field in self._fields.get(offset, []))
                found = answer == (0 if takes else None)
            elif offset not in self._registers:
                found = answer is None
            else:
                writes = [other for other in accesses if other.value is not None]
                before = [other for other in accesses[:place] if other.value is not None]
                orders = [before] if ordered else [writes[:k] for k in range(len(writes) + 1)]
                found = answer is not None and any(
                    self._may_read(offset, answer, order, window) for order in orders
                )
            if not found:
                given = "an error" if answer is None else f"{answer:#x}"
                earlier = "; ".join(str(other) for other in accesses[max(0, place - 2) : place])
                faults.append(f"{access} was answered by {given}, after {earlier or 'nothing'}")
        self._take([access for access in accesses if access.value is not None], window)
        return faults

    def preset(self, counts: Mapping[str, int]) -> None:
        """Counters were set to these values, by their names, before anything was counted."""
        self._cleared |= {name: (-count, -count) for name, count in counts.items()}

    def irq(self, seen: Seen) -> bool | None:
        """Whether an event is enabled and set; None if that is not sure."""
        [status] = [r.offset for r in self._registers.values() if r.name == "interrupt_status"]
        [enable] = [r.offset for r in self._registers.values() if r.name == "interrupt_enable"]
        enabled = self._values[enable]
        ranges = [
            self._since(model, [], (seen, seen))
            for model in self._fields[status]
            if enabled & model.field.mask
        ]
        if any(least for least, _ in ranges):
            return True
        return None if any(most for _, most in ranges) else False

    def _may_read(
        self, offset: int, answer: int, writes: Sequence[Access], window: tuple[Seen, Seen]
    ) -> bool:
        """Whether that can be read, with these writes of the same accesses before it."""
        value = self._values[offset]
        for write in writes:
            if write.address & ~3 == offset:
                value = write.merged(value)
        known = 0
        for model in self._fields[offset]:
            known |= model.field.mask
            given = (answer & model.field.mask) >> model.field.place
            past = Past(value, self._since(model, writes, window), window)
            if given not in model.reads(past):
                return False
        return answer & ~known == 0

    def _since(
        self, model: FieldModel, writes: Sequence[Access], window: tuple[Seen, Seen]
    ) -> tuple[int, int]:
        """Events of a field since the last clear: surely, and at most."""
        if (name := model.event) is None:
            return 0, 0
        before, after = window
        gone = self._cleared.get(name, (0, 0))
        if any(self._clears(write, model) for write in writes):
            gone = before.least[name], after.most[name]
        return max(0, before.least[name] - gone[1]), after.most[name] - gone[0]

    def _clears(self, write: Access, model: FieldModel) -> bool:
        target = self._registers.get(write.address & ~3)
        return target is not None and model.clears(target, write.merged(0))

    def _take(self, writes: Sequence[Access], window: tuple[Seen, Seen]) -> None:
        """What writes leave behind."""
        for model in (model for models in self._fields.values() for model in models):
            name = model.event
            if name is not None and any(self._clears(write, model) for write in writes):
                self._cleared[name] = window[0].least[name], window[1].most[name]
        for write in writes:
            if (at := write.address & ~3) in self._values:
                self._values[at] = write.merged(self._values[at])
