"""The hardware, as Amaranth components, and the Verilog made from it."""
