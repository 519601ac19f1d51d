"""What follows from a program: numbers of vectors, banks and words, and latencies."""

import pytest

from tests.programs import make_program


def test_latencies_of_a_small_program():
    """Three tiles of two units, the last one with one: counted by hand."""
    program = make_program(hidden=5, units=2, registers=2, whole=4, issue=1)
    assert program.lane_latency == 3
    assert program.written_latency == 3 + 4
    assert program.h_latency == 3 + 4 - 1
    full = make_program(hidden=6, units=2, registers=2, whole=4)
    assert full.written_latency == 3 + 1 + 4


def test_serial_groups_come_one_after_the_other():
    program = make_program(hidden=6, units=2, registers=2, whole=20, serial=True)
    assert program.drain.tile_cycles == 40
    assert program.written_latency == 3 + 20 + 20


@pytest.mark.parametrize(
    ("shape", "vectors", "layers", "result"),
    [
        ({}, 1, 1, 0),
        ({"layers": 3}, 3, 3, 2),
        ({"phases": 2}, 2, 1, 0),
    ],
)
@pytest.mark.parametrize(("streams", "bits"), [(1, 0), (2, 1), (3, 2), (5, 3)])
def test_every_vector_of_every_stream_has_two_banks(shape, vectors, layers, result, streams, bits):
    program = make_program(streams=streams, **shape)
    assert (program.vectors, program.layers, program.result_vector) == (vectors, layers, result)
    assert program.stream_bits == bits
    banks = {
        (stream << program.vector_bits | vector) << 1 | turn
        for stream in range(streams)
        for vector in range(vectors)
        for turn in range(2)
    }
    assert len(banks) == 2 * streams * vectors
    assert max(banks) < program.hidden_banks <= 8 * streams * vectors


def test_words():
    program = make_program(hidden=5, units=2, simd=2, inputs=3)
    assert program.sources == 2
    assert program.step_words == program.words == 3 * (2 + 3)
    assert make_program(layers=2).step_words == 3 * (2 + 3) + 3 * (3 + 3)
    assert make_program(streams=2, directions=2).words == 2 * program.words
