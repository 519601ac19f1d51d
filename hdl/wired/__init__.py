"""Weights that are wires: a graph of adders, and what is around it."""
