"""Prompts as a spec gives them: a list, or a file beside it."""
