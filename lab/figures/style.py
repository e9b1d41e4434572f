"""What all figures share: colours; and of the still ones width and smallest type."""

INK = "#141414"
GREY = "#767676"  # of secondary words: 4.5 : 1 on white
RULE = "#d9d9d9"
ACCENT = "#d55e00"  # wrong, error, warning
ACCENT_INK = "#a34700"  # the same for words: 6.1 : 1 on white, where ACCENT has 3.9
GOOD = "#0072b2"
WIDTH = 8.6  # inches on the page
SMALL = 9  # points: ticks, legends, notes; nothing is smaller
