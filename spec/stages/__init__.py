"""The stages that a design can be a chain of, one module each; `spec.stage` says what all have."""
