"""Ledgers to text, tables and annotated code. Pure: no files, no processes, no Sphinx."""
