"""Program → Program: what is drawn of it; signals once, the generic step, passes by themselves."""
