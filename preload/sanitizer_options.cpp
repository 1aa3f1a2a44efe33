// What AddressSanitizer's runtime asks its program for: it would end a program that has any library before it, as weir is.
// weir leaves its malloc in place (engine/company.hpp). A program that defines this function itself keeps its own.
extern "C" [[gnu::visibility("default")]] const char* __asan_default_options() noexcept;

const char* __asan_default_options() noexcept { return "verify_asan_link_order=0"; }
