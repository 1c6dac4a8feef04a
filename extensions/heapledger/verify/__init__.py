"""Ledgers against expectations, and the text of what failed. Pure."""
