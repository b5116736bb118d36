"""Whole Housing Approach provision mapper."""

__version__ = "0.1.0"
