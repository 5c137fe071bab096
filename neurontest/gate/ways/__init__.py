"""How what is left of a claim is tested, each kind in its way."""
