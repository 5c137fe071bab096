"""Texts that are read instead of being written: those of a file, or of a record."""
