"""How claims are tested, apart from what their kinds declare. Imported inside ``Kind.evidence``: it needs scipy."""
