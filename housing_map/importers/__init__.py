"""Figures in: workbooks that others fill in, and tables that others publish."""
