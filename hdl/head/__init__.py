"""The head on lanes of its own: logits of h, and the class."""
