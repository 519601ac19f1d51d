"""The output side: a queue of vectors of h to be read, and their reader."""

from amaranth.hdl import Module
from amaranth.lib import fifo, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.dense import DenseReader
from hdl.reader import HiddenReader, job_layout, reader_members
from spec.design import Design

__all__ = ["Outputs"]


class Outputs(wiring.Component):
    """Gives the results of steps, in order.

    At most as many jobs wait or are worked on as there are banks of h; the sequencer sees to that.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    job, job_valid : In
        A step's h is complete in the next cycle, and its result is wanted.
    done_bank : Out
        With ``done``: the bank that has been read.
    done, holding, read, o
        As in `hdl.reader.reader_members`.
    """

    def __init__(self, design: Design):
        self._design = design
        members = reader_members(design)
        super().__init__(
            {
                **members,
                "job": In(job_layout(design)),
                "job_valid": In(1),
                "done_bank": Out(range(design.hidden_banks)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        maker = HiddenReader if self._design.head is None else DenseReader
        m.submodules.queue = queue = fifo.SyncFIFO(
            width=job_layout(self._design).size, depth=self._design.hidden_banks
        )
        m.submodules.reader = reader = maker(self._design)
        m.d.comb += [
            queue.w_data.eq(self.job),
            queue.w_en.eq(self.job_valid),
            reader.job.as_value().eq(queue.r_data),
            reader.job_valid.eq(queue.r_rdy),
            queue.r_en.eq(reader.done),
            self.done.eq(reader.done),
            self.done_bank.eq(reader.job.bank),
            self.holding.eq(reader.holding),
        ]
        connect(m, reader=reader.read, memory=flipped(self.read))
        connect(m, reader=reader.o, o=flipped(self.o))
        return m
