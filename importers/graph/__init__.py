"""ONNX graphs: what is in them, by their operators and by what they compute when they run.

Recurrent operators are found by name. What stands in front of them, between and behind them is
found by running the graph in ONNX's own reference evaluator, in double precision, with probes in
the places of the recurrent operators: a probe keeps what it gets, and gives what is asked of it.
"""
