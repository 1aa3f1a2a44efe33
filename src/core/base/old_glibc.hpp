// The functions of glibc that later versions offer anew, under a new version, though they are what they were: bound to
// their first version, a library that was linked against a new glibc loads with an old one, too (2.17 and later).
//
// For a file that calls one of them and defines none. scripts/cmake/private_jemalloc.cmake does the same for jemalloc.
#pragma once

#if defined(WEIR_OLD_GLIBC)
asm(".symver dlopen, dlopen@GLIBC_2.2.5");
asm(".symver dlsym, dlsym@GLIBC_2.2.5");
asm(".symver dlvsym, dlvsym@GLIBC_2.2.5");
asm(".symver dlinfo, dlinfo@GLIBC_2.3.3");
asm(".symver dladdr1, dladdr1@GLIBC_2.3.3");
asm(".symver pthread_key_create, pthread_key_create@GLIBC_2.2.5");
asm(".symver pthread_setspecific, pthread_setspecific@GLIBC_2.2.5");
asm(".symver pthread_create, pthread_create@GLIBC_2.2.5");
asm(".symver pthread_detach, pthread_detach@GLIBC_2.2.5");
asm(".symver pthread_getattr_np, pthread_getattr_np@GLIBC_2.2.5");
asm(".symver pthread_attr_getstack, pthread_attr_getstack@GLIBC_2.2.5");
asm(".symver pthread_attr_getguardsize, pthread_attr_getguardsize@GLIBC_2.2.5");
#endif
