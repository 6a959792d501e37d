"""Output formats: each turns diagnostics into lines of text."""
