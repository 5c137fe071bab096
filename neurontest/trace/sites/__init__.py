"""Where the neurons are (find), how they are read while the model runs (read, tally) and set (intervene, writes)."""
