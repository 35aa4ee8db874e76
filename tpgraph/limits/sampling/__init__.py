"""The Master Theorem by samples: every Z of a program as joint sample values."""
