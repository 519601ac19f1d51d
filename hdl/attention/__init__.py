"""Attention: scores of vectors, what these weigh, weighted sums, and their quotients."""
