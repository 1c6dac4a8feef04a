"""Snapshots: from registers, memory and debug info of a stopped program to records. Pure; nothing is run here."""
