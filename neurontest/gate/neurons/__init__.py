"""Which neurons are which in two models, and how far a concept's have moved."""
