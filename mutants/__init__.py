"""Mutants: faults in the emitted netlist, and whether the bench notices each of them."""
