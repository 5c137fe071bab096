"""The language of claims: what a kind declares, and sentences of a controlled English <-> claims."""
