"""The kinds of claim: what each declares, one file a kind or a close family of them, and the register of all."""

from neurontest.kinds.register import kind_named, kinds

__all__ = ["kind_named", "kinds"]
