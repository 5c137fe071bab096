"""References: how one is made, held against another, searched among checkpoints, and how far it moves by itself."""
