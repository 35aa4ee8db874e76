"""Program → Frames: one picture for each instruction, for teaching."""
