"""Data sets whose truth is known, by subject."""
