"""What is known of a design: counted, simulated, compared and measured, as plain values."""
