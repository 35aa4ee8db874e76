"""Labels: LaTeX mathematics as outlines, as LaTeX for other engines, as plain text."""
