"""Networks out of the tensors of a ``state_dict``: names, sizes and what they cannot say."""
