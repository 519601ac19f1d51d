"""What both sides must agree on: formats, arithmetics, networks, machines, files, formulas."""
