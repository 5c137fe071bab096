"""A run held against a reference: what became of its claims, and how far its neurons have moved."""
