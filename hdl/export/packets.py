"""Packets from a host: how large results are, and the part of the driver that sends and takes."""

from pascaline.spec.bus import output_bytes
from pascaline.spec.design import Design

__all__ = ["TRANSFERS", "python_packets", "room"]


def room(design: Design) -> tuple[int, int]:
    """Bytes of the results of a packet at most: so many, and so many more for each vector."""
    network, lanes = design.network, output_bytes(design)
    ways = network.layer.directions if design.head is None else 1
    one = ways * lanes.beats * lanes.beat
    if network.results == "every":
        return 0, one
    return one * (network.decoder.most if network.decoder else 1), 0


TRANSFERS = '''
    def run(self, sequence, transfer):
        """Send a sequence of vectors of integers and return the numbers of its results.

        A class is a number; logits and elements of h are several. ``transfer`` takes the bytes of
        a packet and how many bytes may come back, and returns those that have come, as `pynq`
        makes one. Raises RuntimeError with the names of errors if the packet was dropped, and what
        `encode` raises.
        """
        packet = encode(sequence)
        try:
            results, late = transfer(packet, ROOM[0] + ROOM[1] * len(sequence)), None
        except TimeoutError as error:
            results, late = b"", error
        if errors := self.errors():
            raise RuntimeError(f"the packet was dropped, or is wrong: {', '.join(errors)}")
        if late is not None:
            raise late
        return decode(results)
'''

PYTHON = '''
ROOM = {room}
"""Bytes of the results of a packet at most: so many, and so many more for each vector."""


def pynq(dma, allocate, tries=1_000_000):
    """A ``transfer`` for `Driver.run` through an AXI DMA engine of PYNQ.

    ``dma`` is its ``pynq.lib.DMA``, with a channel each way, and ``allocate`` its
    ``pynq.allocate``. The transfer raises TimeoutError if after ``tries`` looks no results have
    come; then the engine still waits for them, and has to be reset.
    """

    def transfer(packet, room):
        sent, taken = allocate(len(packet), "u1"), allocate(room, "u1")
        sent[:] = bytearray(packet)
        sent.flush()
        dma.recvchannel.transfer(taken)
        dma.sendchannel.transfer(sent)
        for _ in range(tries):
            if dma.recvchannel.idle:
                taken.invalidate()
                return bytes(taken)[: dma.recvchannel.transferred]
        raise TimeoutError(f"no results have come after {{tries}} looks")

    return transfer
'''


def python_packets(design: Design) -> str:
    """Of the driver: ``ROOM`` and ``pynq``."""
    return PYTHON.format(room=room(design))
