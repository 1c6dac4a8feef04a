"""``python -m heapledger`` is the command ``heapledger``."""

from __future__ import annotations

from heapledger.cli import main

if __name__ == "__main__":
    main()
