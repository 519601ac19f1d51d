"""What a sequencer has to do: a walk through its program.

What is read in which order follows from the program's passes; when, from `spec.clock`.
"""

from collections import Counter

from pascaline.spec.clock import CoreClock
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS


def make_bank(program, stream, vector, turn):
    return (stream << program.vector_bits | vector) << 1 | turn


def follow(bench):
    """The reads, free strobes, and asks for states that are due, from what the bench did."""
    program, steps = bench.program, bench.steps
    tiles = []
    clock = CoreClock(program, watch=lambda index, tile: tiles.append((index, tile)))
    reads, frees, seen, begun = [], [], Counter(), set()
    asks = {"restore": [], "dump": []}
    dumped = -1
    for number, step in enumerate(steps):
        restores = step.start and step.state == FROM_GIVEN
        goes_on = step.state == FROM_PREVIOUS and step.stream in begun
        fresh = step.start and not restores and not goes_on
        arrival = max(bench.offered[number], dumped + 1)
        if restores:
            since = max(arrival, quiet_since(bench, number, clock.end))
            asks["restore"] += range(since, bench.restored[number] + 1)
            arrival = bench.restored[number] + 1
        frees.append(clock.step(step.stream, arrival, fresh=fresh) + program.issue)
        turn = seen[step.stream] % 2
        reads += walk(program, step, turn, fresh, tiles)
        tiles.clear()
        seen[step.stream] += 1
        begun.add(step.stream)
        if number in bench.released:
            clock.read(step.stream, bench.released[number])
        if step.dump:
            since, dumped = quiet_since(bench, number + 1, clock.end), bench.dumped[number]
            asks["dump"] += sorted(set(range(since, dumped + 1)) - bench.held)
    return reads, frees, asks


def quiet_since(bench, number, end):
    """First cycle with all h of earlier steps in memory, and all their results read."""
    if number == 0:
        return 0
    released = [cycle for step, cycle in bench.released.items() if step < number]
    return max(end + bench.program.written_latency + 1, *[cycle + 1 for cycle in released], 0)


def walk(program, step, turn, fresh, tiles):
    """The chunks of a step, in order: the cycle of each, and what describes it."""
    weight, found, at = 0, [], iter(tiles)
    direction = step.stream if program.directions > 1 else 0
    for number, one in enumerate(program.passes):
        for tile in range(program.tiles):
            index, times = next(at)
            assert index == number
            for place, source in enumerate(one.sources):
                final = place == len(one.sources) - 1
                for chunk in range(source.chunks):
                    end = chunk == source.chunks - 1
                    word = weight + step.picked if source.picked else weight
                    cycle = times.last if final and end else times.starts[place] + chunk
                    state, own = source.vector is not None, not source.made
                    read = {
                        "from_h": state,
                        "zero": state and own and fresh,
                        "chunk": chunk,
                        "weight": program.directions * word + direction,
                        "ends_source": (end and not final) << max(program.sources - 2 - place, 0),
                        "ends_tile": end and final,
                        "last_tile": tile == program.tiles - 1,
                        "stream": step.stream,
                        "side": 1 - turn,
                        "token": token(program, step, number, fresh),
                    }
                    if state:
                        bank = make_bank(program, step.stream, source.vector, turn ^ own)
                        read["bank"] = bank
                    found.append((cycle + program.issue, read))
                    weight += source.words if source.picked else 1
    assert weight == program.step_words
    return found


def has_result(program, step):
    return program.has_result(step.stream, first=step.start, last=step.last)


def token(program, step, index, fresh):
    found = {
        "fresh": fresh,
        "result": has_result(program, step),
        "last": step.last,
        "stream": step.stream,
        "index": index,
    }
    onward = program.onward and program.stateful
    return found | {"state": step.state * onward, "dump": step.dump * onward}
