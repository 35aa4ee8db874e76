"""Folded → Scene: places, lines and labels. Graphviz decides, the notation sets straight."""
