// By its name a library of the driver's: what its variables hold are books, not pointers.
static unsigned long long zeroed[4000], filled[4000] = {1};

void keep_zeroed(unsigned long long address) { zeroed[3000] = address; }
void keep_filled(unsigned long long address) { filled[3000] = address; }
unsigned long long kept(void) { return zeroed[3000] ^ filled[3000]; }
