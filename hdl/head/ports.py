"""Ports that parts of the head share."""

from amaranth.lib import data, stream

from pascaline.hdl.parity import fault_member
from pascaline.hdl.reader import mark_layout
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import loads
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout
from pascaline.spec.memories import head_memories

__all__ = ["head_members", "logits_signature"]


def logits_signature(head_unit: HeadUnit, fields: Layout):
    """A stream of logits; ``last_row``: it is the head's last; ``mark``: of the result."""
    payload = {"value": shape(head_unit.logit), "last_row": 1, "mark": mark_layout(fields)}
    return stream.Signature(data.StructLayout(payload))


def head_members(head_unit: HeadUnit):
    """Members ``load`` and ``fault`` of what has a head in it."""
    return loads(head_unit.machine, head_memories(head_unit)) | fault_member(
        head_unit.machine.parity
    )
