"""Calibration: formats chosen by data, and how near the integer network is to the float one."""
