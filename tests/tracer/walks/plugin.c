/* A library that calls back: compiled twice, with frames of two sizes, so that the same address has two rules. */
void call_back(void (*called)(void)) {
  volatile char locals[LOCALS];
  locals[0] = 1;
  called();
  locals[LOCALS - 1] = locals[0];
}
