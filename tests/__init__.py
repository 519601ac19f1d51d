"""Tests, one folder for all packages."""
