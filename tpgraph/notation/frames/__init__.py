"""Frames for teaching: one picture for each instruction."""
