"""Scene → the text or bytes of a format: SVG, PDF, PNG, TikZ and DOT."""
