"""What a sequencer waits for: results that others have to read, states that come and go."""

from amaranth.hdl import C, Signal

from prove.steps import timer

__all__ = ["Results", "States", "progress"]


class Results:
    """Results of steps, which others read when they are complete, in any order and at any time.

    Parameters
    ----------
    steps : Steps
        The sequencer.

    Attributes
    ----------
    owed : Signal
        Banks with results that have not been read.
    at : Signal
        The bank of the step that is running, or comes next.
    settled : Value
        All h of the last step is in memory.
    """

    def __init__(self, steps):
        dut, harness, program = steps.dut, steps.harness, steps.program
        m, late = harness.m, program.written_latency - program.issue
        self.owed = Signal(program.hidden_banks, name="owed")
        self.at = steps.bank(steps.turn, C(program.result_vector))
        harness.suppose(~dut.released | self.owed.bit_select(dut.released_bank, 1))
        with m.If(dut.released):
            m.d.sync += self.owed.bit_select(dut.released_bank, 1).eq(0)
        with m.If(steps.starts & steps.result):
            m.d.sync += self.owed.bit_select(self.at, 1).eq(1)
        # No result is written over.
        harness.always(~steps.starts | ~self.owed.bit_select(self.at, 1))
        for bank in range(program.hidden_banks):
            # A result is complete when its step has ended, and all of its h is in memory.
            mine, ended = self.at == bank, Signal(name=f"ended_{bank}")
            with m.If(mine & steps.starts):
                m.d.sync += ended.eq(0)
            with m.If(mine & steps.ends):
                m.d.sync += ended.eq(1)
            left = timer(harness, mine & steps.ends, late, late, f"incomplete_{bank}")
            read = dut.released & (dut.released_bank == bank)
            harness.suppose(~read | (ended & (left == 0)))
        self.settled = timer(harness, steps.ends, late, late, "unsettled") == 0


class States:
    """States are restored and dumped when they have to be, and then nothing is under way.

    Parameters
    ----------
    steps, results : Steps, Results
        The sequencer, and results of its steps.

    Attributes
    ----------
    restored, dumps : Signal
        The state that the next step starts from is there; that of the last one is to be given.
    """

    def __init__(self, steps, results):
        dut, harness, m = steps.dut, steps.harness, steps.harness.m
        self.restored, self.dumps = Signal(name="has_restored"), Signal(name="has_to_dump")
        with m.If(dut.restored):
            m.d.sync += self.restored.eq(1)
        with m.If(dut.dumped):
            m.d.sync += self.dumps.eq(0)
        with m.If(steps.starts):
            m.d.sync += [self.restored.eq(0), self.dumps.eq(steps.flags.dump)]
        harness.always(~(steps.starts & steps.given) | self.restored)
        harness.always(~steps.starts | ~self.dumps)
        harness.always(~dut.restore | (steps.wants & ~self.restored & ~self.dumps))
        harness.always(~dut.dump | self.dumps)
        quiet = results.settled & (results.owed == 0) & steps.first & ~dut.read
        harness.always(~(dut.restore | dut.dump) | quiet)
        # What is asked for is asked for until it is done; words are held only of results.
        harness.suppose(~dut.holding | harness.past(dut.holding | results.owed.any()))
        harness.always(~harness.past(dut.restore & ~dut.restored) | dut.restore)
        harness.always(~harness.past(dut.dump & ~dut.dumped) | dut.dump)


def progress(steps, results, states):
    """While there is a vector a chunk is read every so many cycles, if nobody else has to act.

    Others have to read a result that is complete, to restore a state or to dump one; the cycles are
    those that it takes at most until h is written, and until a tile has left the lanes.
    """
    dut, harness, program = steps.dut, steps.harness, steps.program
    asked, needs = C(0, 1), results.owed.bit_select(results.at, 1)
    if states is not None:
        asked = (dut.restore & ~dut.restored) | (dut.dump & ~dut.dumped) | dut.holding
        quiet = (steps.wants & ~states.restored) | states.dumps
        needs = needs | (quiet & results.owed.any())
    most = program.written_latency + program.drain.tile_cycles + program.issue
    idle = Signal(range(most + 2), name="idle")
    with harness.m.If(dut.read | (steps.first & ~dut.full)):
        harness.m.d.sync += idle.eq(0)
    with harness.m.Elif(~asked & ~(needs & results.settled)):
        harness.m.d.sync += idle.eq(idle + 1)
    harness.always(idle <= most)
