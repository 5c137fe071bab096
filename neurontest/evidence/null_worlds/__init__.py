"""Worlds in which concepts mean nothing: the prompts at hand, dealt to the concepts at random."""
