"""Cells: what a layer does in a step, one module each.

A cell is described by a `spec.cells.layer.Layer`: which gate rows it has, what it keeps beside h,
which integers it needs, and what it computes. Its bit-exact model is in `golden.cells`, its
hardware in `hdl.cells`, its training in `train.cells`.
"""
