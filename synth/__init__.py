"""Synthesis reports of the emitted Verilog."""
