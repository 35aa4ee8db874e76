"""Scene → Picture: where everything is, how it looks, and the display list for painters."""
