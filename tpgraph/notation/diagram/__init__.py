"""Program → Folded: the marks and lines of a picture and the plates around what repeats."""
