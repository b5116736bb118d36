"""Documents for people: blocks of text, tables and pictures, written as Word, PDF and HTML."""
