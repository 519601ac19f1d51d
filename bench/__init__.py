"""Benches that go with the Verilog to whoever has no Pascaline: vectors, and what runs them."""
