"""Panels to act with: thin shells over functions that work without them."""
