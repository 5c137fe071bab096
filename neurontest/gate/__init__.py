"""The gate: which claims of a suite survived a change of the model."""
