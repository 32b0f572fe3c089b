"""The demo: Barcelona with real open figures, and sample organisations that believably work there.

Everything is loaded through the actions that people use, so that the demo obeys the rules. Loading twice is the same as once.
"""
