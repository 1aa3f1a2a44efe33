# A project of forty sources configured, built by ninja, tested by ctest, packed by cpack; and one that does not configure.
# row: programs | cmake, ninja, ctest, cpack
# needs: cmake ninja gcc
# profiled: cmake ninja ctest
mkdir -p source && cd source || exit 1
for i in $(seq 40); do printf '#include <stdio.h>\nint part_%d(int x) { return printf("") + x * %d; }\n' "$i" "$i" > "part_$i.c"; done
{
  for i in $(seq 40); do echo "int part_$i(int);"; done
  echo '#include <stdio.h>'
  echo 'int main(void) { int sum = 0;'
  for i in $(seq 40); do echo "sum += part_$i($i);"; done
  echo 'printf("%d\n", sum); return sum != 22140; }'
} > main.c
cat > CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(small LANGUAGES C VERSION 1.2.3)
file(GLOB parts RELATIVE ${CMAKE_SOURCE_DIR} part_*.c)
list(SORT parts COMPARE NATURAL)
foreach(part IN LISTS parts)
  string(REGEX REPLACE "part_([0-9]+).c" "\\1" number ${part})
  math(EXPR sum "${sum} + ${number}")
endforeach()
message(STATUS "parts sum up to ${sum}")
add_library(parts SHARED ${parts})
add_executable(main main.c)
target_link_libraries(main PRIVATE parts)
configure_file(CMakeLists.txt copy.txt @ONLY)
enable_testing()
add_test(NAME runs COMMAND main)
add_test(NAME ends COMMAND ${CMAKE_COMMAND} -E false)
set_tests_properties(ends PROPERTIES WILL_FAIL ON)
install(TARGETS main parts)
include(CPack)
END
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release | sed 's/ done (.*/ done/'
ninja -C build -j2 --quiet && build/main
cd build && ctest -j2 | grep -oE '(Test +#[0-9]|tests passed).*(Passed|failed)|.*Passed' | sed -E 's/ +[0-9.]+ sec.*//' | sort
cpack -G TGZ > /dev/null && tar -tzf small-1.2.3-Linux.tar.gz | sort
cd .. && echo 'project(' > CMakeLists.txt
cmake -S . -B other > /dev/null 2>&1; echo "status $?"
