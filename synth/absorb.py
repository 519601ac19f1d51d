"""Registers that ECP5's hard blocks have inside.

A block RAM has a register behind each read port, and a multiplier one behind its product. Yosys
uses neither, but a vendor's tool does: a flip-flop that does nothing but delay such an output is
part of the block, from whose memory or multiplier there is no wire to it then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

__all__ = ["absorb_registers"]


Cell = dict[str, Any]


def absorb_registers(module: dict[str, Any]) -> int:
    """Move registers into block RAMs and multipliers.

    Only a register of all of a block's outputs that are used can move, and only if nothing else
    reads these outputs, the register has the block's clock, and neither enable nor reset. Several
    registers of the same outputs, as two parts of a machine may have them, become one.

    Parameters
    ----------
    module : dict
        A flat module of ECP5 cells as Yosys' ``write_json`` writes it. It is changed.

    Returns
    -------
    int
        How many flip-flops moved.
    """
    cells: dict[str, Cell] = module["cells"]
    readers = _readers(module)
    moved = 0
    for name in list(cells):
        cell = cells.get(name)
        if cell is None:
            continue
        if cell["type"] == "DP16KD":
            for ports in _read_ports(cell):
                moved += _absorb(cells, readers, cell, ports, _block_ram)
        if cell["type"] == "MULT18X18D":
            outputs = [port for port in cell["connections"] if port.startswith("P")]
            moved += _absorb(cells, readers, cell, outputs, _multiplier)
    return moved


def _readers(module: dict[str, Any]) -> dict[int, list[tuple[str, str]]]:
    """Cells and ports that read each net; a port of the module counts as one."""
    readers = defaultdict(list)
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    readers[bit].append((name, port))
    for port, description in module["ports"].items():
        for bit in description["bits"]:
            readers[bit].append(("", port))
    return readers


def _read_ports(cell: Cell) -> Iterable[list[str]]:
    """Outputs that share a register: both halves of the widest words, else those of a port."""
    sides = [[port for port in cell["connections"] if port.startswith(f"DO{s}")] for s in "AB"]
    return [sides[0] + sides[1]] if _is_wide(cell) else sides


def _is_wide(cell: Cell) -> bool:
    """Whether words are so wide that they come out of both ports, with the clock of port B."""
    return all(int(cell["parameters"][f"DATA_WIDTH_{side}"], 2) == 36 for side in "AB")


def _absorb(cells: dict[str, Cell], readers: Any, cell: Cell, ports: list[str], mark: Any) -> int:
    """Take the register behind ``ports`` into a cell, if there is one."""
    used = [port for port in ports if readers.get(cell["connections"][port][0])]
    flops: dict[str, list[str]] = {}
    clocks = set()
    for port in used:
        for name, pin in readers[cell["connections"][port][0]]:
            if not name or pin != "DI" or not _plain(cells[name]):
                return 0
            clocks.add(cells[name]["connections"]["CLK"][0])
            flops.setdefault(port, []).append(name)
    copies = [cells[name]["connections"]["Q"][0] for names in flops.values() for name in names[1:]]
    if any(not name for bit in copies for name, _ in readers[bit]):
        return 0
    if len(clocks) != 1 or not mark(cell, used, clocks.pop()):
        return 0
    for port, (first, *others) in flops.items():
        cell["connections"][port] = cells.pop(first)["connections"]["Q"]
        for name in others:
            _rename(cells, readers, cells.pop(name)["connections"]["Q"], cell["connections"][port])
    return sum(len(names) for names in flops.values())


def _rename(cells: dict[str, Cell], readers: Any, old: list[int], new: list[int]) -> None:
    """Let all cells that read a net read another one."""
    for name, port in readers.pop(old[0], []):
        bits = cells[name]["connections"][port]
        cells[name]["connections"][port] = [new[0] if bit == old[0] else bit for bit in bits]
        readers[new[0]].append((name, port))


def _plain(cell: Cell) -> bool:
    """Whether a cell is a flip-flop with nothing but a clock."""
    if cell["type"] != "TRELLIS_FF" or cell["connections"].get("LSR") != ["0"]:
        return False
    parameters = cell["parameters"]
    return bool(parameters["CEMUX"].strip() == "1" and parameters["REGSET"] == "RESET")


def _block_ram(cell: Cell, ports: list[str], clock: int) -> bool:
    wide = _is_wide(cell)
    sides = {"A", "B"} if wide else {port[2] for port in ports}
    if any(cell["parameters"][f"REGMODE_{side}"] != "NOREG" for side in sides):
        return False
    reads = "B" if wide else next(iter(sides))
    clocks: list[int] = cell["connections"][f"CLK{reads}"]
    if clocks != [clock]:
        return False
    for side in sides:
        cell["parameters"][f"REGMODE_{side}"] = "OUTREG"
        cell["connections"][f"OCE{side}"] = ["1"]
    return True


def _multiplier(cell: Cell, ports: list[str], clock: int) -> bool:
    register = {"CLK": "CLK0", "CE": "CE0", "RST": "RST0"}
    if cell["parameters"].get("REG_OUTPUT_CLK", "NONE") != "NONE":
        return False
    cell["parameters"] |= {f"REG_OUTPUT_{kind}": pin for kind, pin in register.items()}
    cell["connections"] |= {"CLK0": [clock], "CE0": ["1"], "RST0": ["0"]}
    cell["port_directions"] |= dict.fromkeys(register.values(), "input")
    return True
