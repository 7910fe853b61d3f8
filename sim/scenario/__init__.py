"""What the user writes: YAML in, checked and immutable model out."""
