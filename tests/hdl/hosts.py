"""What a host sees of a machine on a bus: its registers, and packets that go and come."""

import numpy as np

from pascaline.golden.network import Golden
from pascaline.spec.bus import input_bytes, output_bytes
from pascaline.spec.loading import image
from pascaline.spec.registers import registers


class Host:
    """A machine whose packets are computed by golden, at once.

    A word that is loaded first waits until ``status`` has been read ``slow`` times.
    """

    def __init__(self, design, *, slow=3):
        self.design, self.slow = design, slow
        self.table = {register.name: register for register in registers(design)}
        self.names = {register.offset: name for name, register in self.table.items()}
        self.values = {name: register.value for name, register in self.table.items()}
        self.image, self.loaded = [], not design.machine.home.loaded

    def flag(self, register, **flags):
        fields = {field.name: field for field in self.table[register].fields}
        return sum(fields[name].mask for name, value in flags.items() if value)

    def read(self, offset):
        name = self.names[offset]
        if name == "status" and self.design.machine.home.loaded:
            self.slow = max(0, self.slow - 1)
            ready = len(self.image) != 1 or not self.slow
            states = {"loading": self.image, "loaded": self.loaded, "load_ready": ready}
            return self.flag("status", **states)
        return self.values[name]

    def write(self, offset, word):
        name = self.names[offset]
        assert 0 <= word < 1 << 32
        assert any(field.writable for field in self.table[name].fields), name
        if name == "error":
            self.values[name] &= ~word
        elif name.startswith("load_"):
            assert len(self.image) != 1 or not self.slow
            self.image.append(word)
            if name == "load_last":
                given = b"".join(one.to_bytes(4, "little") for one in self.image)
                self.loaded, self.image = given == image(self.design), []
                self.values["load_error"] = self.flag("load_error", crc=not self.loaded)
        else:
            self.values[name] = word & self.flag("control", enable=True)

    def transfer(self, packet):
        """The bytes of the results of a packet, or none if it is dropped."""
        if not self.values["control"]:
            self.values["error"] |= self.flag("error", early=True)
            return b""
        if not self.loaded:
            self.values["error"] |= self.flag("error", loading=True)
            return b""
        lanes = input_bytes(self.design)
        inputs = self.design.network.inputs
        numbers = np.array(lanes.decode(packet)).reshape(-1, lanes.beats * lanes.count)[:, :inputs]
        [results] = Golden(self.design.model).run([numbers]).results
        return output_bytes(self.design).encode(np.ravel(results).tolist())


class Mmio:
    """A ``pynq.MMIO``: offsets in bytes, within a length, of whole words."""

    def __init__(self, host, length=4096):
        self.host, self.length = host, length

    def read(self, offset=0, length=4, word_order="little"):
        assert (length, word_order, offset % 4) == (4, "little", 0)
        assert 0 <= offset <= self.length - 4
        return self.host.read(offset)

    def write(self, offset, data):
        assert isinstance(data, int)
        assert offset % 4 == 0
        self.host.write(offset, data)


class Buffer(bytearray):
    """What ``pynq.allocate`` gives, as far as it is used."""

    flushed = invalidated = False

    def flush(self):
        self.flushed = True

    def invalidate(self):
        self.invalidated = True


class Channel:
    """One of a ``pynq.lib.DMA``."""

    def __init__(self):
        self.buffer, self.idle, self.transferred = None, True, 0

    def transfer(self, buffer):
        assert self.idle, "DMA channel not idle"
        self.buffer, self.idle = buffer, False


class Dma:
    """A ``pynq.lib.DMA`` before a machine; what is dropped leaves the way back waiting."""

    def __init__(self, host):
        self.recvchannel, self.sendchannel = Channel(), Channel()
        self.sendchannel.transfer = self.send
        self.host = host

    def send(self, buffer):
        assert buffer.flushed
        results, back = self.host.transfer(bytes(buffer)), self.recvchannel
        if results:
            assert len(results) <= len(back.buffer)
            back.buffer[: len(results)] = results
            back.transferred, back.idle = len(results), True


def allocate(shape, dtype="u4"):
    assert dtype == "u1"
    return Buffer(shape)
