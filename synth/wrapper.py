"""A module around a machine that has three pins, whatever the width of the machine's streams."""

from __future__ import annotations

from typing import Any

__all__ = ["INSTANCE", "WRAPPER", "wrapper"]

WRAPPER = "pascaline_wrapper"
"""Name of the module."""

INSTANCE = "machine"
"""Name of the machine in it."""

TEXT = """
module {WRAPPER}(input clk, input serial_in, output serial_out);
  reg [{inputs}:0] to_machine;
  wire [{outputs}:0] from_machine;
  reg [{outputs}:0] taken, folded;
  assign serial_out = folded[{outputs}];
  always @(posedge clk) begin
    to_machine <= {{to_machine, serial_in}};
    taken <= from_machine;
    folded <= {{folded, 1'b0}} ^ taken;
  end
  {top} {INSTANCE} (
    .{clock}(clk),
    {connections}
  );
endmodule
"""


def wrapper(description: dict[str, Any]) -> str:
    """Verilog of the module around the machine of a description.

    Every input of the machine but its clock is a bit of a shift register; every output is taken by
    a register, and those are folded into a second shift register, whose end is a pin. So every path
    through a port of the machine is one between registers, as it would be between streams that are
    registered, none is optimised away, and none depends on a pin.
    """
    flows: dict[str, list[tuple[str, int]]] = {"in": [], "out": []}
    for pin in description["pins"]:
        if pin["name"] != description["clock"]:
            flows[pin["direction"]].append((pin["name"], pin["width"]))
    connections = []
    for register, signals in (("to_machine", flows["in"]), ("from_machine", flows["out"])):
        place = 0
        for signal, width in signals:
            connections.append(f".{signal}({register}[{place + width - 1}:{place}])")
            place += width
    return TEXT.format(
        WRAPPER=WRAPPER,
        INSTANCE=INSTANCE,
        top=description["name"],
        clock=description["clock"],
        inputs=sum(width for _, width in flows["in"]) - 1,
        outputs=sum(width for _, width in flows["out"]) - 1,
        connections=",\n    ".join(connections),
    )
