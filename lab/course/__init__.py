"""What a class is given: a folder to practise in, and one for graded work in which there are no answers.

``python -m lab.course OUT`` writes both; ``lab/book/pages/teaching.md`` says how they are used.
"""
