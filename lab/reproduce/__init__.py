"""The runs that ship, done again: ``python -m lab reproduce NAME``.

registry.py   which runs there are, with the steps around each training
shipped.py    what is known of a shipped run: settings, time and device, figure
plan.py       the commands, each one that a person can type
command.py    doing them, one after the other, and comparing
"""
