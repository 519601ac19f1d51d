"""The fast Walsh-Hadamard transform of h."""
