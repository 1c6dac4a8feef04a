"""Section "Look" of the tests: what readers see, in a real browser, in four themes."""
