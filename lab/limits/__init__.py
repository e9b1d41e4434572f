"""How large it may get: memory and time of a picture of 8192x8192 px, of a thousand instances, of five thousand images.

watch.py         what a piece of work takes
large.py         a large picture, from file to files, in tiles; smaller halos
crowd.py         a picture with many instances: clustering, files, evaluation
stream.py        a folder of many images, indexed, streamed, evaluated
record.py        all of them, each in a process of its own, kept in data/results/limits.json
"""
