"""Repetition drawn once, in a plate with its range."""
