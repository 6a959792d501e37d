"""The checks, one module for each family. Each is a small generator that asks the model."""
