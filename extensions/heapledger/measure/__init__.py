"""From a raw trace and a binary to a ledger: decoding, symbols, lines, regions. Pure but for reading the binary."""
