"""Arrays and a stream of random words in, numbers out. Knows nothing of concepts, files or models."""
