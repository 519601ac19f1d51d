"""Proofs about the emitted Verilog, block by block, by SymbiYosys."""
