"""Bad input: files that are broken, odd or hostile, and what eats them.

judging.py     runs an eater on a file and says whether it came out well
pictures.py    images; labels.py  label images; coco.py  COCO files; tables.py  manifests and archives
models.py      checkpoints and pickles; runs.py  what a training, a comparison or a learner leaves
"""
