"""What a core has around its element-wise part.

Sums of each tile are made of vectors that the part has written, and leave as from the drain of the
lanes, with the least distances between tiles or more. New h and c are compared with Python integers
(`tests.golden.oracle`).
"""

from pascaline.spec.memories import COLUMN
from tests.golden.oracle import dot, slow_step
from tests.hdl.bench import run
from tests.hdl.elements import INPUTS


class ElementBench:
    """Steps through an element-wise part, tile after tile.

    Parameters
    ----------
    component : class
        `Groups` or `SerialGroups`.
    elements : Elements
        What it is made for.
    steps : int
        Steps, of all streams in turn.
    pauses : int
        Most cycles that a tile comes later than it could.
    wrong : tuple of (str, int) or None
        A memory, and the word whose parity is loaded wrong.

    Attributes
    ----------
    writes : list of (cycle, token, values)
        Groups of new h.
    fronts : list of (cycle, int, int)
        When the first group of each tile came to the front, its pass and its tile.
    faults : list of int
        Cycles in which there was a fault.
    """

    def __init__(self, component, elements, *, steps=8, pauses=0, wrong=None):
        self.elements, self._wrong = elements, wrong
        self.dut = component(**elements.parts)
        self.rng, self._pauses = elements.rng, pauses
        self.writes, self.fronts, self.faults, self._tiles = [], [], [], []
        self._steps = [self._draw_step(number) for number in range(steps)]

    def _draw_step(self, number):
        elements, rng = self.elements, self.rng
        x = elements.x.interval
        bits = {name: int(rng.integers(2)) for name in ("result", "last")}
        if elements.program.stateful:
            bits |= {"state": int(rng.integers(3)), "dump": int(rng.integers(2))}
        fresh = int(rng.random() < 0.3)
        token = bits | {"stream": number % elements.streams, "fresh": fresh}
        return token, rng.integers(x.lo, x.hi, INPUTS, endpoint=True).tolist()

    def check(self):
        """Run all steps; all must be right, and in its cycle."""
        run(self.dut, self._testbench)
        return self

    async def _testbench(self, ctx):
        elements = self.elements
        layer, streams = elements.described, range(elements.streams)
        ends = layer.h.interval
        for name, memory in elements.memories.items():
            if elements.built.home.loaded:
                await self._load(ctx, name, memory)
        # Vectors by stream and number, as the part has written them; and what they should be.
        self.vectors = {
            (stream, vector): self.rng.integers(ends.lo, ends.hi, layer.hidden).tolist()
            for stream in streams
            for vector in range(elements.layers)
        }
        self._due = {
            key: (h, [0] * layer.hidden if layer.carried else []) for key, h in self.vectors.items()
        }
        if layer.carried is not None:
            await self._load_state(ctx)
        await self._run_steps(ctx)
        if layer.carried is not None:
            await self._check_state(ctx)

    async def _load(self, ctx, name, memory):
        port, mask = self.dut.load[name], (1 << COLUMN) - 1
        for addr, word in enumerate(memory.words):
            for column in range(memory.columns):
                part = word >> (column * COLUMN) & mask
                check = part.bit_count() & 1
                ctx.set(port.en, 1 << column)
                ctx.set(port.addr, addr)
                ctx.set(port.data, part)
                if self.elements.built.parity:
                    ctx.set(port.check, check ^ (self._wrong == (name, addr)))
                await ctx.tick()
        ctx.set(port.en, 0)

    async def _load_state(self, ctx):
        ends = self.elements.described.carried.interval
        ctx.set(self.dut.state.select, 1)
        for (stream, vector), (h, c) in self._due.items():
            c = self.rng.integers(ends.lo, ends.hi, len(c), endpoint=True).tolist()
            self._due[stream, vector] = h, c
            for addr, word in self._c_words(vector, c):
                self._at(ctx, stream, addr)
                ctx.set(self.dut.state.write_en, 1)
                ctx.set(self.dut.state.write_data, word + [0] * (self._count - len(word)))
                await ctx.tick()
        ctx.set(self.dut.state.write_en, 0)
        await ctx.tick()
        await self._check_state(ctx)

    async def _check_state(self, ctx):
        state, memory = self.dut.state, self.elements.unit.pipeline.memory
        ctx.set(state.select, 1)
        for (stream, vector), (_, c) in self._due.items():
            for addr, word in self._c_words(vector, c):
                self._at(ctx, stream, addr)
                if self.elements.built.parity:
                    ctx.set(state.dumps, 1)
                await ctx.tick().repeat(memory)
                assert [ctx.get(state.data[k]) for k in range(len(word))] == word, (stream, addr)
                assert ctx.get(state.wrong) == 0
        ctx.set(state.dumps, 0)
        ctx.set(state.select, 0)

    @property
    def _count(self):
        return self.elements.cell_units

    def _c_words(self, vector, c):
        """Addresses and words of the c of a layer."""
        groups = self.elements.drain.groups
        for group in range(groups):
            yield vector * groups + group, c[group * self._count :][: self._count]

    def _at(self, ctx, stream, addr):
        ctx.set(self.dut.state.addr, addr)
        if self.elements.streams > 1:
            ctx.set(self.dut.state.stream, stream)

    def _schedule(self):
        """Cycles in which tiles arrive, with their steps, passes and numbers."""
        program, drain = self.elements.program, self.elements.drain
        at, made, found = 1, {}, []
        for token, x in self._steps:
            for index in range(len(program.passes)):
                if index or not token["fresh"]:
                    at = max(at, made.get(token["stream"], 0) + program.h_latency)
                for tile in range(program.tiles):
                    at += int(self.rng.integers(0, self._pauses, endpoint=True))
                    found.append((at, token | {"index": index}, x, tile))
                    last = tile == program.tiles - 1
                    made[token["stream"]] = at
                    at += drain.last_cycles if last else drain.tile_cycles
        return found

    async def _run_steps(self, ctx):
        dut, program, drain = self.dut, self.elements.program, self.elements.drain
        left, front, due = self._schedule(), [], []
        end = left[-1][0] + program.h_latency + drain.tile_cycles
        for cycle in range(end):
            loads = bool(left) and left[0][0] == cycle
            ctx.set(dut.arrives, loads)
            if loads:
                _, token, x, tile = left.pop(0)
                last = tile == program.tiles - 1
                ctx.set(dut.last_tile, last)
                ctx.set(dut.token, token)
                loaded = self._sums(token, x, tile)
                self.fronts.append((cycle + 1, token, tile))
                groups = drain.last_groups if last else drain.tile_groups
                due += [
                    (cycle + group * drain.group_cycles + program.whole, token)
                    for group in range(groups)
                ]
            else:
                ctx.set(dut.token, dict.fromkeys(dut.token.shape().members, 0))
            for lane, sums in enumerate(front[: drain.front]):
                for place, value in enumerate(sums):
                    ctx.set(dut.sums[lane][f"s{place}"], value)
            if ctx.get(dut.write):
                self._write(ctx, cycle)
            if self.elements.built.parity and ctx.get(dut.fault):
                self.faults.append(cycle)
            if ctx.get(dut.shift):
                assert front, (cycle, "nothing is left to be shifted")
                front = front[drain.front :]
            if loads:
                assert not front, (cycle, "the tile before is still there")
                front = loaded
            await ctx.tick()
        assert [(cycle, token) for cycle, token, _ in self.writes] == due

    def _sums(self, token, x, tile):
        """Sums of the lanes of a tile; those of places beyond the last unit are noise."""
        elements, unit = self.elements, self.elements.unit
        one = elements.passes[token["index"]]
        phase = elements.described.phases[one.phase]
        direction = token["stream"] % elements.directions
        tensors, found = elements.tensors[one.layer][direction], []
        groups = elements.drain.last_groups if tile == elements.program.tiles - 1 else None
        count = elements.units if groups is None else groups * elements.cell_units
        for place in range(tile * elements.units, tile * elements.units + count):
            for lane in range(unit.gates):
                if place >= elements.hidden or lane >= len(phase):
                    noise = [self.rng.integers(r.lo, r.hi, endpoint=True) for r in unit.sums]
                    found.append([int(value) for value in noise])
                    continue
                row = elements.described.gates.index(phase[lane]) * elements.hidden + place
                sums = {
                    f"scale_{source.name}": dot(
                        tensors[f"weight_{source.name}"][row], self._vector(token, source, x)
                    )
                    for source in one.sources
                }
                if elements.shared:
                    found.append([sum(sums.values())])
                else:
                    found.append([sums[name] for name in unit.row_scales])
        return found

    def _vector(self, token, source, x):
        if source.vector is None:
            return x
        if token["fresh"] and not source.made:
            return [0] * self.elements.hidden
        return self.vectors[token["stream"], source.vector]

    def _write(self, ctx, cycle):
        """A group of new h; the last one of a pass completes a vector."""
        elements, dut = self.elements, self.dut
        token = {name: ctx.get(dut.write_token[name]) for name in dut.token.shape().members}
        token = {name: token[name] for name in self._steps[0][0] | {"index": 0}}
        self.writes.append((cycle, token, [ctx.get(dut.h[k]) for k in range(self._count)]))
        done = len(self.writes) % elements.drain.groups == 0
        if not done:
            return
        groups = [values for _, _, values in self.writes[-elements.drain.groups :]]
        h = [value for values in groups for value in values][: elements.hidden]
        one = elements.passes[token["index"]]
        self.vectors[token["stream"], one.to] = h
        if one.to < elements.layers and one.phase == len(elements.described.phases) - 1:
            self._check_layer(token, one.layer, h, len(self.writes))

    def _check_layer(self, token, layer, h, count):
        """The new h of a layer against Python integers; its new c is compared at the end."""
        elements, stream = self.elements, token["stream"]
        number = (count // elements.drain.groups - 1) // len(elements.passes)
        _, x = self._steps[number]
        old_h, old_c = self._due[stream, layer]
        if token["fresh"]:
            old_h, old_c = [0] * len(old_h), [0] * len(old_c)
        x = x if layer == 0 else self._due[stream, layer - 1][0]
        tensors = elements.tensors[layer][stream % elements.directions]
        new = slow_step(elements.described, tensors, x, old_h, old_c)
        self._due[stream, layer] = new
        assert h == new[0], (number, layer)
