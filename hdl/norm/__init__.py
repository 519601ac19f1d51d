"""Layer norm of the sums of a pass; sizes and cycles are those of `spec.norm`."""
