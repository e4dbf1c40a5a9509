// Makes Gleaner's operators known to TensorFlow. The constructor runs when Node loads the binding: TensorFlow's libraries are initialized
// by then, and the binding has not made its context yet.
#include "batch_norm.h"
#include "group_norm.h"

namespace {
__attribute__((constructor)) void Register() {
  gleaner::RegisterGroupNorm();
  gleaner::RegisterBatchNorm();
}
}  // namespace
