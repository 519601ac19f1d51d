# amaranth: UnusedElaboratable=no
"""ROMs: the memory of a simulation, and the Verilog of it, with memories and without."""

import re

import pytest

from pascaline.hdl.homes.logic import BLOCK, Logic
from pascaline.hdl.homes.rom import SLICE, Rom
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
    text = Rom(words, 4).verilog()
    assert [int(word, 16) for word in re.findall(r"= 4'h(\w+);", text)] == words
    bits = (len(words) - 1).bit_length()
    assert f"input [{bits - 1}:0] addr;" in text if bits else "addr" not in text


def test_wide_words_are_cut_into_memories(rng):
    width = 2 * SLICE + 77
    words = [int.from_bytes(rng.bytes(-(-width // 8))) >> 3 for _ in range(3)]
    text = Rom(words, width).verilog()
    found = [0] * len(words)
    for part, index, bits, digits in re.findall(r"words_(\d)\[(\d)\] = (\d+)'h(\w+);", text):
        assert int(digits, 16) < 1 << int(bits) <= 1 << SLICE
        found[int(index)] |= int(digits, 16) << (int(part) * SLICE)
    assert found == words
    assert f"assign data[{width - 1}:{2 * SLICE}] = data_2;" in text


@pytest.mark.parametrize("depth", [1, 2, 5, BLOCK, BLOCK + 1, 3 * BLOCK - 7])
def test_words_as_logic(depth, rng):
    """Every bit of every word is where its address picks it."""
    width = 5
    words = [int(word) for word in rng.integers(1 << width, size=depth)]
    text = Logic(words, width).verilog()
    assert "[0:" not in text.replace("[0:0]", "")
    bits = {
        (int(block), int(bit)): int(digits, 16)
        for block, bit, digits in re.findall(r"bits_(\d+)_(\d+) = \d+'h(\w+);", text)
    }
    for index, word in enumerate(words):
        block, place = divmod(index, BLOCK)
        assert sum((bits[block, bit] >> place & 1) << bit for bit in range(width)) == word
    chosen = re.findall(r"    if \(en\) block_(\d+) <= \{(.*)\};", text)
    low = min((depth - 1).bit_length(), 8)
    at = f"addr[{low - 1}:0]" if low else "0"
    assert chosen == [
        (str(k), ", ".join(f"bits_{k}_{bit}[{at}]" for bit in reversed(range(width))))
        for k in range(-(-depth // BLOCK))
    ]
