"""What benchmarks/speed.py is made of: the standard library only, so that it runs beside any project."""
