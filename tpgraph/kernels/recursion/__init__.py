"""The kernel recursion of an architecture as it is read: its lines, their names, closed forms."""
