"""The web book: pages, build and what is alive in it."""
