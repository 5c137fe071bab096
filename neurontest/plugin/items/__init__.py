"""Collection, and a claim as a test: what is asked for, which item each claim is, and how it is judged."""
