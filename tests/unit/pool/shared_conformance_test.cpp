#include "unit/pool/shared_conformance.hpp"

namespace weir::pool::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Plain, SharedPoolOverAnySource, PlainSetup);

}  // namespace weir::pool::test
