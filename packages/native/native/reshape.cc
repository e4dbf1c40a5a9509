// GleanerReshape: a tensor in another shape, which is an attribute. TensorFlow's Reshape takes the shape as a tensor, and to make one for each
// call takes longer than the operator. The numbers are not copied.
#include "reshape.h"

#include <vector>

#include "op.h"

namespace gleaner {
namespace {

class Reshape {
 public:
  explicit Reshape(Construction& c) : shape_(c.Ints("shape")) {}

  void Compute(Call& call) const {
    const Tensor x = call.Input(0);
    if (!call.ok()) return;
    int64_t size = 1;
    for (int64_t dim : shape_) size *= dim;
    if (size != x.size()) return call.Fail("the shape has " + std::to_string(size) + " elements and the tensor " + std::to_string(x.size()));
    call.Pass(0, x, &shape_);
  }

 private:
  const std::vector<int64_t> shape_;
};

}  // namespace

void RegisterReshape() { Register<Reshape>("GleanerReshape", {"x: T"}, {"y: T"}, {"T: type", "shape: list(int)"}); }

}  // namespace gleaner
