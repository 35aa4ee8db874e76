"""LaTeX mathematics → Outline; also as LaTeX for other engines, and as plain text."""
