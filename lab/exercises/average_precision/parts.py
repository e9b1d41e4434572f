"""What is sick in each of the four predictions: apart from their making, which asks for torch."""

SICK = {"A": "sigma", "B": "seeds", "C": "offsets", "D": "foreground"}
