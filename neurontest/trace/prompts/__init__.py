"""What prompts become for a model: rendered by its chat template, encoded into tokens, checked and remembered."""
