"""From a scene to SVG, PDF, PNG, TikZ and DOT."""
