"""Which model it is, as one sha256: of its files (files, folder), or in memory.

Of one in memory, structure, values and callables say what it is made of, and probe what it does.
"""
