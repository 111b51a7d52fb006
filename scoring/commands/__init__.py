"""The commands of ``python -m scoring``, one module each, found by their file name.

A module ``scoring/commands/NAME.py`` that has ``add(commands)`` is the command NAME: nothing else registers it. The
pieces it is made of are in ``scoring.commands.frame``.
"""
