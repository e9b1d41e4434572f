"""Your own images: grey or colour, 8 or 16 bits, of any size, with label images or with a COCO file.

ROOT/images/NAME.png              also JPEG, TIFF, BMP, WebP, PNM
ROOT/labels/NAME.png              also TIFF, BMP: one channel of whole numbers, 0 background, a number for each object
ROOT/annotations.json             in the place of labels/: COCO, polygons or RLE, several classes, crowds

The same below ROOT/train, ROOT/val and ROOT/test; without these folders every picture's part follows from its name.

folder.py        OwnFolder
kinds.py         labels from label images, or from a COCO file
label_images.py  reads one label image, or says why it is none
coco.py          reads a COCO file
coco_checks.py   whether it holds what it should
splits.py        which picture belongs to which part
"""

from lab.datasets.own.folder import OwnFolder
from lab.datasets.own.label_images import number_colours, read_label_image
from lab.datasets.own.splits import part_of, parts_of

__all__ = ["OwnFolder", "number_colours", "part_of", "parts_of", "read_label_image"]
