"""Whether the sites that were found are what they say: a few forward passes, before anything is traced."""
