"""Data sets, recordings and what makes integers of them: no PyTorch is needed."""
