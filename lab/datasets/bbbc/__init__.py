"""Nuclei for the lab: `python -m lab download nuclei`.

The source is the training archive of the 2018 Data Science Bowl, BBBC038v1 stage1_train.zip of the Broad Bioimage
Benchmark Collection: J. C. Caicedo et al., Nucleus segmentation across imaging experiments, Nature Methods 16 (2019).

split.py     which images, and into which split
fetch.py     the archive onto the disk, going on after an interruption
archive.py   what is in it: one folder per image, one mask file per nucleus
convert.py   the folder that `lab.datasets.nuclei` reads: grey images, one label image each, manifest.csv
offline.py   the same folder from one real image that an installed package holds
folder.py    what both of them write, whole or not at all
command.py   all of it in order
"""

from lab.datasets.bbbc.command import download

__all__ = ["download"]
