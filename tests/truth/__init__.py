"""Section "Truth" of the tests: our figures against other people's instruments, over a corpus of whole programs."""
