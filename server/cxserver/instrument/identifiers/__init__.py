"""What identifies a person among their words: one module for each kind, each with one `find`.

A `find` takes a `FoldedText` and gives spans of its `words`: pure, and linear in the text's length.
"""
