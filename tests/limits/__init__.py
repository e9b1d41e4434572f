"""How large it may get: memory that does not grow, and what is kept of the measurements."""
