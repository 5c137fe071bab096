"""The texts that are traced: written, or read where they are known; and how likely a model finds them."""
