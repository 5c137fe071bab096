"""Relabeling tests: prompts dealt to concepts anew, and statistics studentised so that this is a fair comparison."""
