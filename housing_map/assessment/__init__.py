"""The annual assessment: content first, then the mask of the release, then its files."""
