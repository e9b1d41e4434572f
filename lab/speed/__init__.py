"""How fast loss, clustering and network are: made-up cases, fair comparisons, floors, and the records of them."""
