"""Pictures in rows or columns: cut where few lines run, with what is read there named again."""
