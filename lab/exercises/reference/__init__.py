"""Right answers as NumPy loops that share no code with the library: what the checks compare with."""
