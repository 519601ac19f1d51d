"""Small trained models."""
