"""Files that other tools read: the real-valued network of a model."""
