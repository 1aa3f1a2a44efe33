# cmake -DARCHIVE=… -DOUT=… -DNM=… -DAR=… -DOBJCOPY=… -DOLD_GLIBC=… -P private_jemalloc.cmake
#
# Makes a copy of jemalloc's position-independent archive in which every public symbol is called weir_je_<name>, so
# that it meets neither our own malloc nor a jemalloc of the program. The calls by which jemalloc asks the system for
# address space, gives pages back and reads its configuration become weir_je_os_<name>: src/core/host/jemalloc_os.cpp answers them.
execute_process(COMMAND ${NM} --defined-only --extern-only ${ARCHIVE} OUTPUT_VARIABLE symbols
                ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[0-9a-f]+ [A-Z] [^\n]+" symbols "${symbols}")
set(map "")
foreach(line IN LISTS symbols)
  string(REGEX REPLACE "^.* " "" name "${line}")
  if(NOT name MATCHES "^(je_|_Z|DW\\.)")
    string(APPEND map "${name} weir_je_${name}\n")
  endif()
endforeach()
# As core/base/old_glibc.hpp.
if(OLD_GLIBC)
  foreach(name dlsym exp log pthread_create pthread_join pthread_key_create pthread_mutex_trylock pthread_mutexattr_destroy
          pthread_mutexattr_init pthread_mutexattr_settype pthread_setspecific pthread_sigmask)
    string(APPEND map "${name} ${name}@GLIBC_2.2.5\n")
  endforeach()
  foreach(name pthread_getname_np pthread_setname_np)
    string(APPEND map "${name} ${name}@GLIBC_2.12\n")
  endforeach()
endif()
foreach(name mmap munmap madvise syscall secure_getenv readlink pthread_atfork _Unwind_Backtrace _Unwind_GetIP)
  string(APPEND map "${name} weir_je_os_${name}\n")
endforeach()
file(WRITE ${OUT}.map "${map}")
# Its constructor only starts it early. weir starts it, and not in a process whose malloc it leaves to a sanitizer.
execute_process(COMMAND ${OBJCOPY} --redefine-syms=${OUT}.map --remove-section=.init_array --remove-section=.rela.init_array
                        ${ARCHIVE} ${OUT} COMMAND_ERROR_IS_FATAL ANY)
# Its operators new and delete are nobody's: a test program that links the archive keeps its own.
execute_process(COMMAND ${AR} d ${OUT} jemalloc_cpp.pic.o COMMAND_ERROR_IS_FATAL ANY)
