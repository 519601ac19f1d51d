"""The bit-exact model in NumPy, block for block beside ``hdl``."""
