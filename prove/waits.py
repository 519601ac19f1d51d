"""What a sequencer waits for: results that others have to read, states that come and go."""

from amaranth.hdl import C, Signal

__all__ = ["Results", "States", "Written", "progress"]

UNWRITTEN = 15
"""Steps that have been read and are not yet in memory: no more than these."""


class Written:
    """Steps whose h is not yet in memory: it is so long after their last chunk has been read.

    Parameters
    ----------
    steps : Steps
        The sequencer.

    Attributes
    ----------
    done, bank : Value
        From this cycle on all h of a step is in memory; in that bank.
    most : int
        Cycles from a step's end until then, at most.
    """

    def __init__(self, steps):
        program, past = steps.program, steps.harness.past
        self.most = program.written_latency - program.issue
        self.done = past(steps.ends, self.most)
        self.bank = past(steps.bank(steps.turn, C(program.result_vector)), self.most)


class Results:
    """Results of steps, which others read when they are complete, in any order and at any time.

    Parameters
    ----------
    steps, written : Steps, Written
        The sequencer, and when what it has read is made.

    Attributes
    ----------
    owed : Signal
        Banks with results that have not been read.
    at : Signal
        The bank of the step that is running, or comes next.
    settled : Value
        All h of the last step is in memory.
    """

    def __init__(self, steps, written):
        dut, harness, program = steps.dut, steps.harness, steps.program
        m = harness.m
        self.owed = Signal(program.hidden_banks, name="owed")
        self.at = steps.bank(steps.turn, C(program.result_vector))
        harness.suppose(~dut.released | self.owed.bit_select(dut.released_bank, 1))
        with m.If(dut.released):
            m.d.sync += self.owed.bit_select(dut.released_bank, 1).eq(0)
        with m.If(steps.starts & steps.result):
            m.d.sync += self.owed.bit_select(self.at, 1).eq(1)
        # No result is written over.
        harness.always(~steps.starts | ~self.owed.bit_select(self.at, 1))
        # A result is read when it is complete: when all of its h is in memory.
        made, complete = Signal(program.hidden_banks), Signal(program.hidden_banks)
        m.d.comb += made.eq(complete | (written.done << written.bank))
        m.d.sync += complete.eq(made & ~(steps.starts << self.at))
        harness.suppose(~dut.released | made.bit_select(dut.released_bank, 1))
        unwritten = Signal(range(UNWRITTEN + 1), name="unwritten_steps")
        m.d.sync += unwritten.eq(unwritten + steps.ends - written.done)
        self.settled = unwritten == written.done


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


def progress(steps, written, results, states):
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
    most = written.most + program.drain.tile_cycles + 2 * program.issue
    idle = Signal(range(most + 2), name="idle")
    with harness.m.If(dut.read | (steps.first & ~dut.full)):
        harness.m.d.sync += idle.eq(0)
    with harness.m.Elif(~asked & ~(needs & results.settled)):
        harness.m.d.sync += idle.eq(idle + 1)
    harness.always(idle <= most)
