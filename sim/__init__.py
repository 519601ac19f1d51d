"""Benches and runners: the emitted Verilog against the golden model."""
