"""The screens: the desk with the lake, and the help."""
