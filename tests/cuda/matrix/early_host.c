// Linked with a library whose constructor has done all the work.
#include <stdio.h>

int main(void) { return puts("main") < 0; }
