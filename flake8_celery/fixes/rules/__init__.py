"""The fixers, by subject."""
