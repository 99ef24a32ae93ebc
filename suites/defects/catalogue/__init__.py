"""The defects, one file for each part of the platform.

A defect is what a developer in a hurry might have written; its docstring says what that was. It imports what it spoils
inside its function: the list of defects must not cost the start of the platform, and a part that is compiled when it is
imported (a schema, a route) has to be spoiled before that.
"""
