"""The half-sample test: the sets that halves of the prompts select, terms of what they share, and their spread."""
