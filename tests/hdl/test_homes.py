"""ROMs: the memory of a simulation, and the Verilog that stands for it."""

import re

import pytest

from pascaline.hdl.homes.rom import SLICE, Rom, _verilog
from tests.hdl.bench import run


@pytest.mark.parametrize("words", [[5], [1, 2, 3], list(range(16))])
def test_reads_words_one_cycle_later(words):
    dut = Rom(words, 4)

    async def testbench(ctx):
        for index, word in enumerate(words):
            if len(words) > 1:
                ctx.set(dut.addr, index)
            await ctx.tick()
            assert ctx.get(dut.data) == word
        ctx.set(dut.en, 0)
        if len(words) > 1:
            ctx.set(dut.addr, 0)
        await ctx.tick()
        assert ctx.get(dut.data) == words[-1]

    run(dut, testbench)


@pytest.mark.parametrize("words", [[5], [1, 2, 3], list(range(16))])
def test_verilog_has_the_words_and_just_the_address_bits_it_needs(words):
    text = _verilog(words, 4)
    assert [int(word, 16) for word in re.findall(r"= 4'h(\w+);", text)] == words
    bits = (len(words) - 1).bit_length()
    assert f"input [{bits - 1}:0] addr;" in text if bits else "addr" not in text


def test_wide_words_are_cut_into_memories(rng):
    width = 2 * SLICE + 77
    words = [int.from_bytes(rng.bytes(-(-width // 8))) >> 3 for _ in range(3)]
    text = _verilog(words, width)
    found = [0] * len(words)
    for part, index, bits, digits in re.findall(r"words_(\d)\[(\d)\] = (\d+)'h(\w+);", text):
        assert int(digits, 16) < 1 << int(bits) <= 1 << SLICE
        found[int(index)] |= int(digits, 16) << (int(part) * SLICE)
    assert found == words
    assert f"assign data[{width - 1}:{2 * SLICE}] = data_2;" in text
